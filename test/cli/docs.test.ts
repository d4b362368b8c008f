import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';

const NESTED: Readonly<Record<string, readonly string[]>> = { 'dead-letters': ['list'] };

/** Returns the text that `--help` prints for a command, or for the program without `name`. */
function helpOf(name: string | undefined, nested?: string): string {
  const chunks: string[] = [];
  const out = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  const io = {
    stdout: out,
    stderr: out,
    env: {},
    cwd: '.',
    interactive: false,
    signal: new AbortController().signal,
  };
  const program = buildProgram(io, () => {});
  const command = name === undefined ? program : program.commands.find((each) => each.name() === name)!;
  (command.commands.find((each) => each.name() === nested) ?? command).outputHelp();
  return chunks.join('').trimEnd();
}

it('docs/cli.md holds the help of every command', async () => {
  const main = helpOf(undefined);
  const names = [...main.slice(main.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+) /gm)].map(
    (match) => match[1]!,
  );
  expect(names).toContain('replay');
  const sections = names
    .filter((name) => name !== 'help')
    .flatMap((name) => [[name], ...(NESTED[name] ?? []).map((each) => [name, each])])
    .map(([name, nested]) => [[name, nested].filter(Boolean).join(' '), helpOf(name, nested)] as const)
    .map(([name, help]) => `## freshet ${name}\n\n\`\`\`text\n${help}\n\`\`\`\n`);
  const text = [
    '# Command line',
    '',
    'The help text of each command. This page is generated: `npx vitest run test/cli/docs.test.ts -u`.',
    '',
    'Every command exits with 0 on success, 1 on failure and 2 on wrong usage. Results go to stdout, everything',
    'else to stderr. Ctrl-C stops a running command cleanly; a second Ctrl-C stops it at once. Set',
    '`FRESHET_DEBUG=1` to see the stack behind an internal error.',
    '',
    `\`\`\`text\n${main}\n\`\`\``,
    '',
    ...sections,
  ].join('\n');
  await expect(text).toMatchFileSnapshot('../../docs/cli.md');
});
