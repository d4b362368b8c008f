import { readFile, readdir } from 'node:fs/promises';
import { argument, defineCommand } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { write, type CliIo } from '../io.ts';

/** Holds a page per code of Freshet's own, and `errors.md` with a section per SQLSTATE. */
const PAGES = new URL('../../../docs/codes/', import.meta.url);
const ERRORS = 'errors.md';

export const explainCodeCommand = defineCommand({
  name: 'explain-code',
  summary: 'explain the code of a finding',
  description:
    'Explains a code that `freshet check` prints: what it finds, why it matters, an example, and what to do about it. ' +
    'The text is the code’s page in docs/codes.',
  examples: [
    ['explain-code F001', 'a warning'],
    ['explain-code 42703', 'an error'],
  ],
  args: {
    code: argument('code of a finding, such as F001'),
  },
  run: (io, { code }) => explainCode(io, code.toUpperCase()),
});

async function explainCode(io: CliIo, code: string): Promise<number> {
  const pages = (await readdir(PAGES)).filter((name) => /^[A-Z]\d+\.md$/.test(name)).toSorted();
  const own = pages.find((name) => name === `${code}.md`);
  const text = own === undefined ? await errorSection(code) : await readFile(new URL(own, PAGES), 'utf8');
  if (text === undefined) {
    const codes = pages.map((name) => name.replace('.md', '')).join(', ');
    throw usageError(
      `unknown code ${code}`,
      `the codes are ${codes}, and the SQLSTATEs of errors, such as 42703`,
    );
  }
  await write(io.stdout, text);
  return EXIT_DONE;
}

async function errorSection(code: string): Promise<string | undefined> {
  const sections = (await readFile(new URL(ERRORS, PAGES), 'utf8')).split(/^#(?=# )/m);
  const found = sections.find((section) => section.startsWith(`# ${code}:`));
  return found === undefined ? undefined : `${found.trim()}\n`;
}
