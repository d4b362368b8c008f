import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parsePositiveCount } from '../args.ts';
import {
  commandGroup,
  defineCommand,
  optionalArgument,
  parsed,
  text,
  toggle,
  type Values,
} from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { deadLetterText } from '../format/dead-letters.ts';
import { write, type CliIo } from '../io.ts';
import { isStateFolder } from '../state-folder.ts';

const DEFAULT_LIMIT = 20;

const FLAGS = {
  source: text('<name>', 'only dead letters of this source'),
  sink: text('<name>', 'only dead letters of this sink'),
  limit: parsed('<n>', `print the newest <n> (default: ${DEFAULT_LIMIT})`, parsePositiveCount),
  json: toggle('print a JSON object per line, as described in docs/dead-letters.md'),
  payloads: toggle('print only the records, one per line; leaves out truncated and binary ones', {
    conflictsWith: 'json',
  }),
};
type ListFlags = Values<typeof FLAGS>;

const listCommand = defineCommand({
  name: 'list',
  summary: 'print the newest dead letters',
  description:
    'Prints the dead letters in a state folder, the newest last; the pipeline may be running or stopped. For a ' +
    'record it prints the source, the position (file and line, or topic, partition and offset), the reason and ' +
    'the original record; for a row, the sink, the reason and the key.',
  examples: [
    ['dead-letters list .freshet/viewer-engagement', 'the newest dead letters of one pipeline'],
    [
      'dead-letters list --source plays --limit 100',
      'the newest 100 of one source; .freshet holds one state folder',
    ],
    [
      'dead-letters list --source plays --payloads > again.ndjson',
      'save the records, to correct and resend them',
    ],
  ],
  args: { state: optionalArgument('state folder (default: the only one in .freshet with dead letters)') },
  flags: FLAGS,
  run: (io, { state }, flags) => listLetters(io, state, flags),
});

export const deadLettersCommand = commandGroup(
  {
    name: 'dead-letters',
    summary: 'list the records and rows that were set aside',
    description:
      'A dead letter is a record that a source could not read or a row that a sink could not write. It is stored ' +
      'in the state folder, and the stream continues. docs/dead-letters.md explains how long dead letters are ' +
      'kept and how to resend them.',
    examples: [['dead-letters list', 'the newest dead letters, with position, reason and payload']],
  },
  [listCommand],
);

async function listLetters(io: CliIo, state: string | undefined, flags: ListFlags): Promise<number> {
  const folder = state === undefined ? onlyFolder(io) : resolve(io.cwd, state);
  const hint = 'give the state folder of a pipeline: the folder passed to --state, or .freshet/<pipeline>';
  if (!existsSync(folder)) throw usageError(`no such folder: ${state}`, hint);
  if (!isStateFolder(folder)) throw usageError(`${state} is not the state folder of a pipeline`, hint);
  const [{ listDeadLetters }, { deadLetterFolder }, { createNodeDisk }] = await Promise.all([
    import('../../runtime/dead-letter-list.ts'),
    import('../../runtime/dead-letters.ts'),
    import('../../platform/node-disk.ts'),
  ]);
  const { source, sink, limit = DEFAULT_LIMIT } = flags;
  const found = await listDeadLetters(createNodeDisk(), deadLetterFolder(folder), { source, sink, limit });
  if (flags.json === true) {
    for (const letter of found.letters) await write(io.stdout, `${JSON.stringify(letter)}\n`);
  } else if (flags.payloads === true) {
    const whole = found.letters.filter(
      (each) => each.payload !== undefined && Buffer.byteLength(each.payload) === each.payload_bytes,
    );
    for (const { payload } of whole) await write(io.stdout, `${payload!.replace(/\r?\n$/, '')}\n`);
    const left = found.letters.length - whole.length;
    if (left > 0)
      await write(io.stderr, `left out ${left} whose payload was truncated or is not UTF-8 text\n`);
  } else {
    await write(io.stdout, deadLetterText(found, { folder: relative(io.cwd, folder) || '.', source, sink }));
  }
  return EXIT_DONE;
}

/** Returns the only state folder in .freshet with dead letters. Throws a usage error if there is none or several. */
function onlyFolder(io: CliIo): string {
  const parent = join(io.cwd, '.freshet');
  const folders = (existsSync(parent) ? readdirSync(parent) : []).filter((name) =>
    existsSync(join(parent, name, 'dead-letters')),
  );
  if (folders.length === 1) return join(parent, folders[0]!);
  const hint =
    folders.length === 0
      ? 'no folder in .freshet has dead letters; a state folder is what --state names, or .freshet/<pipeline>'
      : `folders with dead letters: ${folders.map((name) => join('.freshet', name)).join(', ')}`;
  throw usageError('name the state folder', hint);
}
