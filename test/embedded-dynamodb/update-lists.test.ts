import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryDisk } from '../platform/support/memory-disk.ts';
import { OpenStore } from './support/model.ts';

const KEY = { TableName: 'items', Key: { id: { S: 'a' } } };

let open: OpenStore;
beforeAll(async () => {
  open = await OpenStore.on(new MemoryDisk(), 1 << 20);
  await open.createTable();
});

async function updated(item: object, UpdateExpression: string, values: object): Promise<unknown> {
  await open.call('PutItem', { TableName: 'items', Item: { id: { S: 'a' }, ...item } });
  const answer = await open.call('UpdateItem', {
    ...KEY,
    UpdateExpression,
    ExpressionAttributeValues: values,
    ReturnValues: 'ALL_NEW',
  });
  return (answer as { readonly Attributes: Record<string, unknown> }).Attributes['els'];
}

const n = (value: number): object => ({ N: `${value}` });

describe('several elements of one list', () => {
  it('that are added beyond its end are in the order of their indexes', async () => {
    const values = { ':x': n(7), ':y': n(9), ':z': n(10) };
    const list = await updated({ els: { L: [n(1)] } }, 'SET els[9] = :y, els[10] = :z, els[7] = :x', values);
    expect(list).toEqual({ L: [n(1), n(7), n(9), n(10)] });
  });

  it('keep their indexes when a set among them becomes empty and is removed', async () => {
    const list = await updated(
      { els: { L: [{ SS: ['a'] }, { SS: ['b', 'c'] }, n(3)] } },
      'DELETE els[0] :a, els[1] :b',
      { ':a': { SS: ['a'] }, ':b': { SS: ['b'] } },
    );
    expect(list).toEqual({ L: [{ SS: ['c'] }, n(3)] });
  });
});

it('an update cannot nest an item more deeply than a put can', async () => {
  const nested = (levels: number): object => (levels === 0 ? n(1) : { L: [nested(levels - 1)] });
  await open.call('PutItem', { TableName: 'items', Item: { id: { S: 'a' }, els: nested(31) } });
  for (const [expression, value] of [
    ['SET els[0] = :v', nested(31)],
    ['SET els[0] = els', undefined],
  ] as const) {
    await expect(
      open.call('UpdateItem', {
        ...KEY,
        UpdateExpression: expression,
        ...(value === undefined ? {} : { ExpressionAttributeValues: { ':v': value } }),
      }),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  }
  const fitting = { ':v': nested(30) };
  await open.call('UpdateItem', {
    ...KEY,
    UpdateExpression: 'SET els[0] = :v',
    ExpressionAttributeValues: fitting,
  });
  const scan = { TableName: 'items', FilterExpression: 'attribute_exists(id)' };
  expect(await open.call('Scan', scan)).toMatchObject({ Count: 1 });
});
