import { expect, it } from 'vitest';
import { deleteExpired } from '../../src/embedded-dynamodb/expiry.ts';
import { MemoryDisk } from '../platform/support/memory-disk.ts';
import { OpenStore } from './support/model.ts';

const NOW_S = 1_773_576_000;
const YEAR_S = 365 * 86_400;

it('items are deleted once their time to live is over; items with invalid values are kept', async () => {
  const disk = new MemoryDisk();
  const open = await OpenStore.on(disk);
  await open.createTable();
  const put = async (id: string, expires: object): Promise<unknown> =>
    open.call('PutItem', { TableName: 'items', Item: { id: { S: id }, v: { S: id }, expires } });
  await put('over', { N: `${NOW_S - 1}` });
  await put('over by a fraction', { N: `${NOW_S - 0.5}` });
  await put('now', { N: `${NOW_S}` });
  await put('later', { N: `${NOW_S + 1}` });
  await put('no number', { S: `${NOW_S - 1}` });
  await put('milliseconds', { N: `${NOW_S * 1000}` });
  await put('six years ago', { N: `${NOW_S - 6 * YEAR_S}` });
  await put('zero', { N: '0' });
  expect(await deleteExpired(open.store, NOW_S * 1000)).toBe(0); // no time-to-live attribute is set
  await open.call('UpdateTimeToLive', {
    TableName: 'items',
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  });
  expect(await deleteExpired(open.store, NOW_S * 1000)).toBe(2);
  const left = ['later', 'milliseconds', 'no number', 'now', 'six years ago', 'zero'];
  expect(Object.keys(open.items()!)).toEqual(left);
  await open.store.close();
  const again = await OpenStore.on(disk);
  expect(Object.keys(again.items()!)).toEqual(left);
  expect(await deleteExpired(again.store, (NOW_S + 10) * 1000)).toBe(2);
});

it('more expired items than one slice holds are deleted', async () => {
  const open = await OpenStore.on(new MemoryDisk(), 1 << 30);
  await open.createTable();
  await open.call('UpdateTimeToLive', {
    TableName: 'items',
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  });
  for (let n = 0; n < 2500; n++) {
    const expires = { N: `${n % 5 === 0 ? NOW_S + 1 : NOW_S - 1}` };
    void open.call('PutItem', { TableName: 'items', Item: { id: { S: `${n}` }, v: { S: '' }, expires } });
  }
  await open.store.settled();
  expect(await deleteExpired(open.store, NOW_S * 1000)).toBe(2000);
  expect(open.store.table('items').items.count).toBe(500);
});

it('an expired item whose renewal is not on disk yet is kept', async () => {
  const open = await OpenStore.on(new MemoryDisk());
  await open.createTable();
  await open.call('UpdateTimeToLive', {
    TableName: 'items',
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  });
  const put = async (value: string, expires_s: number): Promise<unknown> => {
    const item = { id: { S: 'a' }, v: { S: value }, expires: { N: `${expires_s}` } };
    return open.call('PutItem', { TableName: 'items', Item: item });
  };
  await put('old', NOW_S - 1);
  const renewal = put('new', NOW_S + 1);
  expect(await deleteExpired(open.store, NOW_S * 1000)).toBe(0);
  await renewal;
  expect(open.items()).toEqual({ a: 'new' });
});
