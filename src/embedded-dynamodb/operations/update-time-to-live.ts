import { invalid } from '../api-error.ts';
import { Request } from '../request.ts';
import type { Operation } from './operation.ts';

/** Takes effect at once; DynamoDB may take up to an hour. */
export const updateTimeToLive: Operation = async (request, { store }) => {
  const { definition } = store.table(request.tableName());
  const given = new Request(request.raw('TimeToLiveSpecification') ?? {});
  const attribute = given.text('AttributeName');
  const isEnabled = given.flag('Enabled');
  const known = definition.timeToLive?.attribute;
  if (isEnabled && known !== undefined) throw invalid('TimeToLive is already enabled');
  if (!isEnabled && known === undefined) throw invalid('TimeToLive is already disabled');
  if (!isEnabled && known !== attribute) {
    throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${known}`);
  }
  await store.redefine({ ...definition, timeToLive: isEnabled ? { attribute } : undefined });
  return JSON.stringify({ TimeToLiveSpecification: { Enabled: isEnabled, AttributeName: attribute } });
};
