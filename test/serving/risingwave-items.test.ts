import { expect, test } from 'vitest';
import { profileLayout, storeOptions } from '../../src/pipeline/profile-domains.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { DEFAULT_DOMAINS } from '../../src/serving/profile-store.ts';
import { ROOT } from '../house/files.ts';
import { eitherWriterSuite } from '../sinks/support/either-writer.ts';

eitherWriterSuite('the embedded DynamoDB', () => startLocalDynamoDb());

test('the defaults for a table of the shipped pipeline are what its SQL says', async () => {
  const { pipeline } = await loadPipeline(`${ROOT}/pipelines/viewer-engagement`, { env: {} });
  const { domains } = storeOptions(profileLayout(pipeline!)!);
  const shown = (all: typeof domains) =>
    Object.entries(all).map(([name, { columns, ...rest }]) => [
      name,
      { ...rest, json: columns.filter(({ json }) => json !== undefined) },
    ]);
  expect(shown(DEFAULT_DOMAINS)).toEqual(shown(domains));
});
