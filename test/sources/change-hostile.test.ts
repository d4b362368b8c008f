import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Datum } from '../../src/values/datum.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTEA,
  DATE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  type SqlType,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '../../src/values/types.ts';
import { Random } from '../oracle/support/random.ts';
import { randomDatum } from '../support/random-datum.ts';
import { topicWriter } from '../support/topic-writers.ts';
import { changeTable, decodeChanges, type KeyedRecord } from './support/changes.ts';

const TYPES: readonly SqlType[] = [
  BIGINT,
  VARCHAR,
  BOOLEAN,
  INTEGER,
  NUMERIC,
  DATE,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  INTERVAL,
  JSONB,
  BYTEA,
  arrayOf(NUMERIC),
  arrayOf(TIMESTAMP),
];
const COLUMNS = TYPES.map((type, i) => ({ name: `c${i}`, type, nullable: true }));

/** Replaces, removes or inserts text at a place. */
interface Damage {
  readonly inKey: boolean;
  readonly at: number;
  readonly removed: number;
  readonly added: string;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  inKey: fc.boolean(),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat(6),
  added: fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    'null',
    '-1',
    '1e999',
    '\\',
    '\u0000',
    '{"a":',
    '99999999999999999999',
  ),
});

function damaged(text: string, { at, removed, added }: Damage): string {
  const from = Math.floor(at * text.length);
  return text.slice(0, from) + added + text.slice(from + removed);
}

describe.each(['risingwave', 'flink', 'debezium'] as const)('records of %s that are damaged', (writer) => {
  it('are a row, a deletion or refused; the records around them are read', () => {
    const table = changeTable(COLUMNS, {
      keys: 2,
      format: writer === 'debezium' ? 'debezium' : 'upsert',
      encode_options: { 'freshet.writer': writer },
    });
    const write = topicWriter(writer, COLUMNS, [0, 1]);
    fc.assert(
      fc.property(fc.nat(1e6), fc.array(damage, { minLength: 1, maxLength: 3 }), (seed, all) => {
        const random = new Random(seed);
        const row = (): Datum[] => TYPES.map((type, i) => randomDatum(random, type, i < 2));
        const records = (): KeyedRecord[] => write.set(row(), row()).map(({ key, value }) => [key, value]);
        const [before, [[key, value]], after] = [records(), records() as [KeyedRecord], records()];
        const bad: KeyedRecord = [
          all.filter(({ inKey }) => inKey).reduce(damaged, key!),
          all.filter(({ inKey }) => !inKey).reduce(damaged, value!),
        ];
        const clean = decodeChanges(table, [...before, ...after]);
        expect(clean.problems).toEqual([]);
        const { changes, problems } = decodeChanges(table, [...before, bad, ...after]);
        expect(changes.at(0)).toEqual(clean.changes[0]);
        expect(changes.at(-1)).toEqual(clean.changes[1]);
        const refused = problems.filter((problem) => problem.refused);
        expect(problems.every(({ record }) => record === 1)).toBe(true);
        expect(changes.length + refused.length).toBeLessThanOrEqual(3);
        expect(changes.length).toBeGreaterThanOrEqual(2);
      }),
      { seed: 20260315, numRuns: 300 },
    );
  });
});
