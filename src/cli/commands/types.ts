import { argument, defineCommand } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { write } from '../io.ts';
import { loadOrFail } from '../pipeline-folder.ts';

export const typesCommand = defineCommand({
  name: 'types',
  summary: 'TypeScript types of events, domains and views',
  description:
    'Prints a TypeScript module with an interface per source (an event as insert and the HTTP API take it), per sink ' +
    'domain (its attributes in a profile, with the envelope that the HTTP API returns them in) and per view (a row as ' +
    'freshet-sql/testing returns it). The same pipeline always gives the same text.',
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
