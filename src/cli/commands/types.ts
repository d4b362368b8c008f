import { argument, defineCommand, toggle } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { write } from '../io.ts';
import { loadOrFail } from '../pipeline-folder.ts';

export const typesCommand = defineCommand({
  name: 'types',
  summary: 'generate TypeScript types of events, domains and views',
  description:
    'Prints a TypeScript module with an interface per source (an event for `insert` and the HTTP API), per domain ' +
    '(its attributes in a profile), per view (a row as freshet-sql/testing returns it), and for the profile that ' +
    'the HTTP API returns. With --client it prints a module that reads profiles from DynamoDB without a server: an ' +
    'interface per domain with the comments of the SQL, and `openProfiles()`, a client of freshet-sql/client that ' +
    'knows exactly these domains. Equal pipelines give equal text.',
  examples: [
    ['types pipelines/viewer-engagement > src/profile-types.ts', 'types for a service that reads profiles'],
    [
      'types pipelines/viewer-engagement --client > src/profiles.ts',
      'a typed client: `const profiles = openProfiles(); await profiles.get(42, "watch")`',
    ],
  ],
  args: { dir: argument('folder of .sql files') },
  flags: { client: toggle('print a typed client of the profiles in DynamoDB') },
  async run(io, { dir }, { client }) {
    const pipeline = await loadOrFail(io, dir);
    if (client === true) {
      const { renderClient } = await import('../format/typescript-client.ts');
      const text = renderClient(pipeline);
      if (text !== undefined) {
        await write(io.stdout, text);
        return EXIT_DONE;
      }
      throw usageError(
        `${dir} writes no profiles: none of its DynamoDB sinks has a sort key that is the same in every row`,
        "give a sink freshet.sort_key, such as 'engagement#watch'",
      );
    }
    const { renderTypes } = await import('../format/typescript.ts');
    await write(io.stdout, renderTypes(pipeline));
    return EXIT_DONE;
  },
});
