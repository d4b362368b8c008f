import { expect, test } from 'vitest';
import { profileLayout, storeOptions } from '../../src/cli/profile-domains.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { DEFAULT_DOMAINS, DEFAULT_JSON_COLUMNS } from '../../src/serving/profile-store.ts';
import { ROOT } from '../house/files.ts';
import { eitherWriterSuite } from '../sinks/support/either-writer.ts';

eitherWriterSuite('the embedded DynamoDB', () => startLocalDynamoDb());

test('the defaults for a table of the shipped pipeline are what its SQL says', async () => {
  const { pipeline } = await loadPipeline(`${ROOT}/pipelines/viewer-engagement`, { env: {} });
  const { domains, jsonColumns } = storeOptions(profileLayout(pipeline!)!);
  expect(DEFAULT_DOMAINS).toEqual(domains);
  expect([...DEFAULT_JSON_COLUMNS]).toEqual([...jsonColumns!].filter(([, columns]) => columns.size > 0));
});
