import { defineCommand, optionalArgument, toggle } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { renderStatus } from '../format/target-status.ts';
import { write, writeJson } from '../io.ts';
import { SERVER_RENDER_FLAGS } from '../render-flags.ts';
import { DATABASE_FLAGS, openDatabase, renderForServer } from '../target-database.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'show how a deployed pipeline does on RisingWave',
  description:
    'Shows how far sources are behind their topics, the latency of barriers, the rows of each view, sinks and ' +
    'their failures, what is still being filled, and what differs from the last deploy. With a folder it compares ' +
    'with the pipeline in it, and shows only what belongs to that. A figure that the version of RisingWave does not ' +
    'have is shown as unknown.',
  examples: [
    [
      'status --target risingwave',
      'everything that Freshet deployed',
      'RISINGWAVE_URL=postgres://root:secret@localhost:4566/dev',
    ],
    ['status pipelines/viewer-engagement --target risingwave --json', 'one pipeline, for a script'],
  ],
  args: {
    dir: optionalArgument('folder of .sql files to compare with'),
  },
  flags: {
    ...SERVER_RENDER_FLAGS,
    ...DATABASE_FLAGS,
    count: toggle('count rows, which reads each view, instead of estimating them'),
    json: toggle('print one JSON document'),
  },
  run: async (io, { dir }, flags) => {
    const session = await openDatabase(io, flags);
    try {
      const pipeline = dir === undefined ? undefined : await renderForServer(io, dir, session, flags);
      const { readStatus } = await import('../../deploy/status.ts');
      const status = await readStatus(session, { pipeline, count: flags.count === true });
      const { place } = session;
      if (flags.json === true) await writeJson(io.stdout, { place, ...status });
      else await write(io.stdout, renderStatus(status, place));
      return EXIT_DONE;
    } finally {
      await session.close();
    }
  },
});
