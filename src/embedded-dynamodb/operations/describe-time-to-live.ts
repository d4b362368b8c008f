import type { Operation } from './operation.ts';

export const describeTimeToLive: Operation = (request, { store }) => {
  const { timeToLive } = store.table(request.tableName()).definition;
  return JSON.stringify({
    TimeToLiveDescription:
      timeToLive === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLive.attribute },
  });
};
