import { argument, defineCommand } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { write } from '../io.ts';
import { loadOrFail } from '../pipeline-folder.ts';

export const typesCommand = defineCommand({
  name: 'types',
  summary: 'generate TypeScript types of events, domains and views',
  description:
    'Prints a TypeScript module with an interface per source (an event for `insert` and the HTTP API), per domain ' +
    '(its attributes in a profile), per view (a row as freshet-sql/testing returns it), and for the profile that ' +
    'the HTTP API returns. Equal pipelines give equal text.',
  examples: [
    ['types pipelines/viewer-engagement > src/profile-types.ts', 'types for a service that reads profiles'],
  ],
  args: { dir: argument('folder of .sql files') },
  async run(io, { dir }) {
    const pipeline = await loadOrFail(io, dir);
    const { renderTypes } = await import('../format/typescript.ts');
    await write(io.stdout, renderTypes(pipeline));
    return EXIT_DONE;
  },
});
