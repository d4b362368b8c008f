import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { argument, defineCommand, text, type Values } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { countOf } from '../format/count.ts';
import { write, type CliIo } from '../io.ts';
import { renderOrFail } from '../pipeline-folder.ts';
import { RENDER_FLAGS, renderOptionsOf } from '../render-flags.ts';

const FLAGS = {
  ...RENDER_FLAGS,
  out: text('<dir>', 'folder for the files, made if it is not there (default: print them)'),
};

export const renderCommand = defineCommand({
  name: 'render',
  summary: 'write a pipeline as SQL for RisingWave',
  description:
    'Writes the .sql files of a pipeline in the SQL of RisingWave: with the same names, comments and layout, and the ' +
    'same rows in every view. What RisingWave has no words for is rewritten, with a comment: conditions on the clock ' +
    'become filters by now(), or bands of time that rows move through; options of Freshet are left out. What cannot ' +
    'be written is an error with its place, the reason, and the way out. ${NAME} stays as it is written. Equal ' +
    'pipelines give equal files.',
  examples: [
    ['render pipelines/viewer-engagement --target risingwave --out risingwave', 'files to review and commit'],
    ['render pipelines/viewer-engagement --target risingwave', 'print them'],
    [
      'render pipelines/viewer-engagement --target risingwave --sinks kafka',
      'sinks that feed `freshet sink`, for clusters beyond the licence of RisingWave\u2019s own sink',
    ],
  ],
  args: { dir: argument('folder of .sql files') },
  flags: FLAGS,
  run: (io, { dir }, flags) => render(io, dir, flags),
});

async function render(io: CliIo, dir: string, flags: Values<typeof FLAGS>): Promise<number> {
  const { files } = await renderOrFail(io, dir, flags.target, renderOptionsOf(flags));
  if (flags.out === undefined) {
    await write(io.stdout, [...files.values()].join('\n'));
    return EXIT_DONE;
  }
  const to = resolve(io.cwd, flags.out);
  await mkdir(to, { recursive: true });
  for (const [name, sql] of files) await writeFile(join(to, name), sql);
  await write(
    io.stdout,
    `${flags.out}: ${countOf(files.size, 'file')} for ${flags.target} ${flags.version}\n`,
  );
  return EXIT_DONE;
}
