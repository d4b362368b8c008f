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
  source: text('<name>', 'only of this source'),
  sink: text('<name>', 'only of this sink'),
  limit: parsed('<n>', `so many of the newest (default: ${DEFAULT_LIMIT})`, parsePositiveCount),
  json: toggle('a JSON object per line, as docs/dead-letters.md describes it'),
  payloads: toggle('the records alone, one per line; those that were cut are left out', {
    conflictsWith: 'json',
  }),
};
type ListFlags = Values<typeof FLAGS>;

const listCommand = defineCommand({
  name: 'list',
  summary: 'the newest of them, with place, reason and payload',
  description:
    'Prints dead letters, the newest last. They are read from the state folder, whether the pipeline runs or not. Each ' +
    'has the source and where in it the record is (file and line, or topic, partition and offset), or the sink and the ' +
    'key of the row; the reason; and the record as it came.',
  examples: [
    ['dead-letters list .freshet/viewer-engagement', 'what is in that state folder'],
    [
      'dead-letters list --source plays --limit 100',
      'more of one source, where .freshet has one state folder',
    ],
    ['dead-letters list --source plays --payloads > again.ndjson', 'the records, to mend and to send again'],
  ],
  args: { state: optionalArgument('state folder (default: the one in .freshet that has dead letters)') },
  flags: FLAGS,
  run: (io, { state }, flags) => listLetters(io, state, flags),
});

export const deadLettersCommand = commandGroup(
  {
    name: 'dead-letters',
    summary: 'records and rows that were set aside: list',
    description:
      'A record that cannot be read, and a row that cannot be written, is a dead letter: it is set aside in the state ' +
      'folder, and the stream goes on. docs/dead-letters.md says how long they are kept and how to send them again.',
    examples: [['dead-letters list', 'the newest, with place, reason and payload']],
  },
  [listCommand],
);

async function listLetters(io: CliIo, state: string | undefined, flags: ListFlags): Promise<number> {
  const folder = state === undefined ? onlyFolder(io) : resolve(io.cwd, state);
  const hint = 'name the state folder of a pipeline: what --state names, or .freshet/<pipeline>';
  if (!existsSync(folder)) throw usageError(`no such folder: ${state}`, hint);
  if (!isStateFolder(folder)) throw usageError(`no pipeline keeps its state in ${state}`, hint);
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
    if (left > 0) await write(io.stderr, `left out: ${left} that were cut, or are no text\n`);
  } else {
    await write(io.stdout, deadLetterText(found, { folder: relative(io.cwd, folder) || '.', source, sink }));
  }
  return EXIT_DONE;
}

/** The state folder in .freshet that has dead letters, if it is only one. */
function onlyFolder(io: CliIo): string {
  const parent = join(io.cwd, '.freshet');
  const folders = (existsSync(parent) ? readdirSync(parent) : []).filter((name) =>
    existsSync(join(parent, name, 'dead-letters')),
  );
  if (folders.length === 1) return join(parent, folders[0]!);
  const hint =
    folders.length === 0
      ? 'a state folder is what --state names, or .freshet/<pipeline>'
      : `there are: ${folders.map((name) => join('.freshet', name)).join(', ')}`;
  throw usageError('name the state folder', hint);
}
