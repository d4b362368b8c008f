import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MeasuredSizes } from '../../src/client/measured-sizes.ts';
import { requestsOf, shapeOf } from '../../src/client/read-plan.ts';
import { domain, openProfileTable, written, type ProfileTable } from './support/profile-table.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const DOMAINS = Object.fromEntries(
  NAMES.map((name) => [name, domain('domain', `p#${name}`, { text: 'VARCHAR', n: 'BIGINT' })]),
);
const OTHERS = {
  x: domain('domain', 'audit', {}),
  y: domain('domain', 'q#y', {}),
  z: domain('domain', 'r#z', {}),
};

let table: ProfileTable;
beforeAll(async () => {
  table = await openProfileTable();
  const of = (viewer: number, sk: string, bytes: number) =>
    written(viewer, sk, { text: { S: 'x'.repeat(bytes) }, n: { N: '1' } });
  await table.put([
    ...NAMES.map((name) => of(1, `p#${name}`, 100)),
    ...NAMES.map((name) => of(2, `p#${name}`, name === 'b' ? 60_000 : 100)),
    of(3, 'p#a', 100),
    of(3, 'audit', 100),
    of(3, 'q#y', 100),
    of(3, 'r#z', 100),
  ]);
});
afterAll(() => table.close());
beforeEach(() => {
  table.proxy.requests.length = 0;
});

const open = (options = {}) => table.open(table.schema({ ...DOMAINS, ...OTHERS }), options);

describe('the requests of a read', () => {
  it.each([
    [['a'], ['GetItem']],
    [['a', 'a'], ['GetItem']],
    [
      ['a', 'c'],
      ['GetItem', 'GetItem'],
    ],
    [['a', 'c', 'e'], ['Query']],
    [['a', 'b', 'c', 'd', 'e'], ['Query']],
    [['x', 'y', 'z'], ['BatchGetItem']],
    [
      ['a', 'b', 'c', 'x'],
      ['Query', 'GetItem'],
    ],
    [
      ['a', 'b', 'c', 'x', 'y', 'z'],
      ['Query', 'BatchGetItem'],
    ],
    [['a', 'b', 'x'], ['BatchGetItem']],
    [[], []],
  ])('for the domains %o are %o, as explain says', async (domains, operations) => {
    const reads = open();
    const plan = reads.explain(domains);
    expect(plan.requests.map(({ operation }) => operation)).toEqual(operations);
    await reads.getMany(1, domains);
    expect(table.proxy.operations().toSorted()).toEqual(operations.toSorted());
  });

  it('become a BatchGetItem once the items between are seen to cost more, and what is read is charged', async () => {
    const reads = open();
    expect(reads.explain(['a', 'c', 'e'])).toMatchObject({
      requests: [{ operation: 'Query', range: { from: 'p#a', to: 'p#e' }, rru: 0.5 }],
      rru: 0.5,
    });
    const first = await reads.getMany(2, ['a', 'c', 'e']);
    expect(Object.keys(first)).toEqual(['a', 'c', 'e']);
    // 60,000 bytes of p#b and the other four items are 15 units of 4 KB at half a unit each.
    expect(reads.counters()).toMatchObject({ requests: 1, rru: 7.5 });
    const plan = reads.explain(['a', 'c', 'e']);
    expect(plan.requests).toEqual([{ operation: 'BatchGetItem', sortKeys: ['p#a', 'p#c', 'p#e'], rru: 1.5 }]);
    expect(plan.why).toEqual([
      '3 items from p#a .. p#e: Query is expected to cost 7.5 RRU, BatchGetItem 1.5 RRU',
    ]);
    expect(plan.measured.at(-1)).toMatchObject({ of: 'p#a .. p#e', samples: 1 });
    expect(plan.measured.at(-1)!.bytes).toBeGreaterThan(60_000);
    expect(await reads.getMany(2, ['a', 'c', 'e'])).toEqual(first);
    expect(table.proxy.operations()).toEqual(['Query', 'BatchGetItem']);
    expect(reads.counters()).toMatchObject({ requests: 2, rru: 9 });
  });

  it('are measured again now and then, so that a range that has become small is read by a Query again', async () => {
    const sizes = new MeasuredSizes();
    const shape = shapeOf(['p#a', 'p#b', 'p#c']);
    const range = 'p#a .. p#c';
    const of = (bytes: number) => [written(1, 'p#b', { text: { S: 'x'.repeat(bytes) } })];
    const operations = (isRead: boolean): string =>
      requestsOf(shape, sizes, { consistent: false, isRead })
        .map(({ operation }) => operation)
        .join();
    for (const key of shape.sortKeys) sizes.noteItem(key, of(100)[0]);
    sizes.noteRange(range, of(40_000)); // 10 units, where the three items are one each
    let extra = 0;
    for (let read = 1; read <= 1000; read++) {
      if (operations(true) === 'BatchGetItem') continue;
      sizes.noteRange(range, of(40_000));
      extra++;
    }
    expect(extra).toBe(2); // each costs 10 units, beside 3 units for each of 1,000 reads: under one in 100
    for (let read = 1; read <= 10_000 && operations(false) !== 'Query'; read++)
      if (operations(true) === 'Query') sizes.noteRange(range, of(100));
    expect(operations(false)).toBe('Query');
    for (let i = 0; i < 1000; i++) expect(operations(false)).toBe('Query');
  });

  it('are consistent on request, and then cost twice as much', async () => {
    const reads = open({ consistent: true });
    expect(reads.explain(['a', 'b']).rru).toBe(2);
    expect(reads.explain(['a', 'b'], { consistent: false }).rru).toBe(1);
    await reads.getMany(1, ['a', 'b']);
    expect(reads.counters().rru).toBe(2);
    await reads.getMany(1, ['a', 'b', 'c']);
    expect(reads.counters().rru).toBe(3);
    await reads.getMany(1, ['x', 'y', 'z'], { consistent: false });
    expect(table.proxy.requests.map(({ body }) => body.includes('"ConsistentRead":true'))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('follow a Query through its pages', async () => {
    const big = Array.from({ length: 8 }, (_, i) =>
      written(4, `p#b${i}`, { text: { S: 'x'.repeat(300_000) } }),
    );
    for (const item of big) await table.put([item]);
    await table.put([written(4, 'p#a', { n: { N: '1' } }), written(4, 'p#e', { n: { N: '5' } })]);
    const { a, c, e } = await open().getMany(4, ['a', 'c', 'e']);
    expect([a!.status, c!.status, e!.status]).toEqual(['present', 'absent', 'present']);
    expect(table.proxy.operations().length).toBeGreaterThan(2);
    expect(new Set(table.proxy.operations())).toEqual(new Set(['Query']));
  });
});

describe('getBatch', () => {
  it('reads 100 keys per request, and keeps the order and the number of viewers', async () => {
    const viewers = Array.from({ length: 230 }, (_, i) => 1000 + ((i * 7) % 115));
    const known = [...new Set(viewers)].filter((viewer) => viewer % 3 > 0);
    await table.put(known.map((viewer) => written(viewer, 'p#a', { n: { N: `${viewer}` } })));
    const all = await open().getBatch(viewers, ['a', 'b']);
    const shown = all.map(({ a, b }) => [a!.status === 'present' ? a!.metrics['n'] : a!.status, b!.status]);
    expect(shown).toEqual(viewers.map((viewer) => [viewer % 3 > 0 ? viewer : 'absent', 'absent']));
    const sizes = table.proxy.requests.map(
      ({ body }) =>
        (JSON.parse(body) as { RequestItems: { profiles: { Keys: unknown[] } } }).RequestItems.profiles.Keys
          .length,
    );
    expect(sizes).toEqual([100, 100, 30]);
  });

  it('asks again for unprocessed keys, and gives nothing as absent that was merely late', async () => {
    table.proxy.fate = (_, index) => (index < 4 ? { unprocessed: 70 } : 'pass');
    const viewers = Array.from({ length: 115 }, (_, i) => 1000 + i);
    const reads = open();
    const all = await reads.getBatch(viewers, ['a']);
    table.proxy.fate = () => 'pass';
    expect(all.map(({ a }) => a!.status)).toEqual(
      viewers.map((viewer) => (viewer % 3 > 0 ? 'present' : 'absent')),
    );
    expect(reads.counters().unprocessed_keys).toBeGreaterThan(70);
  });

  it('reads the many items of layout metric by a Query for each viewer, which costs much less', async () => {
    const names = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'];
    const metrics = domain('metric', 'p#m', Object.fromEntries(names.map((name) => [name, 'BIGINT'])));
    const viewers = [5001, 5002, 5003];
    const of = (viewer: number) =>
      names.map((name, i) => written(viewer, `metric#${name}`, { value: { N: `${viewer + i}` } }));
    await table.put(viewers.slice(0, 2).flatMap(of));
    const reads = table.open(table.schema({ metrics, a: DOMAINS['a']! }));
    const all = await reads.getBatch(viewers, ['metrics', 'a']);
    expect(
      all.map(({ metrics: result }) => ('metrics' in result! ? result.metrics['m6'] : result!.status)),
    ).toEqual([5006, 5007, 'absent']);
    expect(table.proxy.operations().toSorted()).toEqual(['BatchGetItem', 'Query', 'Query', 'Query']);
    expect(reads.counters().rru).toBe(3);
  });

  it('of nobody is empty, and of no domains has an entry per viewer', async () => {
    expect(await open().getBatch([], ['a'])).toEqual([]);
    expect(await open().getBatch([1, 2], [])).toEqual([{}, {}]);
    expect(table.proxy.requests).toEqual([]);
  });
});

describe('viewer ids', () => {
  it.each([
    [1, '1'],
    [1n, '1'],
    ['0001.0', '1'],
    [9007199254740993n, '9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
    [1.5, '1.5'],
    [1.5e-7, '0.00000015'],
    [-3, '-3'],
  ])('%o finds the item of %s', async (viewer, key) => {
    const Item = { viewer: { N: key }, sk: { S: 'p#a' }, n: { N: '1' } };
    await table.put([Item]);
    expect((await open().get(viewer, 'a')).status).toBe('present');
    expect((await open().getBatch([viewer], ['a']))[0]!['a']!.status).toBe('present');
  });

  it.each([[2 ** 53], [1e21], [NaN], [Infinity], [''], ['abc'], ['1e3'], ['9'.repeat(39)]])(
    '%o is refused before anything is sent',
    async (viewer) => {
      await expect(open().get(viewer, 'a')).rejects.toMatchObject({ code: 'invalid_viewer' });
      expect(table.proxy.requests).toEqual([]);
    },
  );

  it('of text are any text that can be a key, and no number', async () => {
    const texts = await openProfileTable('S');
    const reads = texts.open(texts.schema(DOMAINS));
    const ids = ['007', '7', '__proto__', 'a"b\\c', 'é 👩', '漢'.repeat(600)];
    await texts.put(ids.map((id, i) => written(id, 'p#a', { n: { N: `${i + 1}` } })));
    const all = await reads.getBatch(ids, ['a']);
    expect(all.map(({ a }) => (a!.status === 'present' ? a!.metrics['n'] : a!.status))).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    for (const [i, id] of ids.entries())
      expect(await reads.get(id, 'a')).toMatchObject({ status: 'present', metrics: { n: i + 1 } });
    await expect(reads.get(7, 'a')).rejects.toMatchObject({ code: 'invalid_viewer' });
    await expect(reads.get('x'.repeat(2049), 'a')).rejects.toMatchObject({ code: 'invalid_viewer' });
    await texts.close();
  });
});

it('a domain named __proto__ is one like any other', async () => {
  const hostile = JSON.parse('{"__proto__":0}') as Record<string, never>;
  for (const name of Object.keys(hostile))
    Object.defineProperty(hostile, name, { value: domain('domain', 'p#a'), enumerable: true });
  const reads = table.open(table.schema(hostile));
  expect((await reads.get(1, '__proto__')).status).toBe('present');
  expect(JSON.stringify(await reads.getMany(1, ['__proto__']))).toContain('{"__proto__":{"status":"present"');
  await expect(reads.get(1, 'toString')).rejects.toMatchObject({ code: 'unknown_domain' });
});
