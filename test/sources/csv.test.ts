import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createCsvDecoder } from '../../src/sources/csv/decoder.ts';
import { splitCsv } from '../../src/sources/csv/split-csv.ts';
import type { RecordBatch } from '../../src/sources/source.ts';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  NUMERIC,
  TIMESTAMP,
  VARCHAR,
} from '../../src/values/types.ts';
import {
  type ColumnSpec,
  type Decoded,
  decodeAll,
  makeRecords,
  makeSource,
  options,
} from './support/source.ts';

function split(
  text: string,
  more: { delimiter?: string; maxRecordBytes?: number; final?: boolean } = {},
): string[] {
  const bytes = Buffer.from(text);
  const found: string[] = [];
  for (let from = 0; ;) {
    const { starts, ends, count, next } = splitCsv(bytes, {
      from,
      to: bytes.length,
      maxRecords: 2,
      final: more.final ?? true,
      delimiter: (more.delimiter ?? ',').charCodeAt(0),
      maxRecordBytes: more.maxRecordBytes ?? 1 << 20,
    });
    for (let i = 0; i < count; i++) found.push(bytes.subarray(starts[i], ends[i]).toString());
    if (next === from) return found;
    from = next;
  }
}

function decode(
  columns: readonly ColumnSpec[],
  records: readonly string[],
  more: { header?: readonly string[]; encode?: Record<string, string>; batch?: Partial<RecordBatch> } = {},
): Decoded {
  const source = makeSource(columns, { encode: 'csv', encodeOptions: options(more.encode) });
  const decoder = createCsvDecoder(
    source,
    columns.map(() => true),
  );
  return decodeAll(decoder, makeRecords(records, { header: more.header }), {
    source,
    pool: new StringPool(),
    capacity: 3,
  });
}

describe('splitCsv', () => {
  it('keeps line ends and doubled quotes of quoted fields', () => {
    expect(split('a,b\r\n"x\ny","z""\n"\n\n1,"2"\n')).toEqual(['a,b', '"x\ny","z""\n"', '1,"2"']);
    expect(split('5" disk,1\n2,3\n')).toEqual(['5" disk,1', '2,3']);
    expect(split('a;"b\nc"\nd', { delimiter: ';' })).toEqual(['a;"b\nc"', 'd']);
  });

  it('waits for the end of a record unless the input is final', () => {
    expect(split('a\nb', { final: false })).toEqual(['a']);
    expect(split('a\n"b\n', { final: false })).toEqual(['a']);
    expect(split('a\n"b\n')).toEqual(['a', '"b']);
    expect(split('a\n"b')).toEqual(['a', '"b']);
  });

  it('limits the damage of an unclosed quote to its own line', () => {
    expect(split('a\n"b,c\nd,e\nf,g')).toEqual(['a', '"b,c', 'd,e', 'f,g']);
    expect(split('a\n"b,c\nd,e\nf,g\nh,i\n', { maxRecordBytes: 8 })).toEqual([
      'a',
      '"b,c',
      'd,e',
      'f,g',
      'h,i',
    ]);
  });
});

describe('the CSV decoder', () => {
  it('reads back tables written as RFC 4180 defines', () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'ä', '"', ',', ';', '\n', '\r', ' '), maxLength: 6 }),
      fc.constant(null),
    );
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (rows, delimiter, lineEnd, always) => {
          const write = (text: string | null): string =>
            text === null
              ? ''
              : always || text === '' || /["\n\r,;\t]/.test(text)
                ? `"${text.replaceAll('"', '""')}"`
                : text;
          const text = rows.map((row) => row.map(write).join(delimiter) + lineEnd).join('');
          const columns = ['a', 'b', 'c'].map((name) => ({ name, type: VARCHAR }));
          const records = split(text, { delimiter });
          expect(decode(columns, records, { encode: { delimiter, without_header: 'true' } })).toEqual({
            rows,
            problems: [],
          });
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });

  it('converts text to every type, and an empty field to NULL', () => {
    const columns = [
      { name: 'i', type: INTEGER },
      { name: 'b', type: BIGINT },
      { name: 'n', type: NUMERIC },
      { name: 'd', type: DOUBLE },
      { name: 'f', type: BOOLEAN },
      { name: 'day', type: DATE },
      { name: 'at', type: TIMESTAMP },
      { name: 's', type: VARCHAR },
    ];
    const at = Date.UTC(2026, 2, 15, 1, 2, 3) * 1000;
    const { rows, problems } = decode(columns, [
      '1,9007199254740993,-0.5,2.5,true,2026-03-15,2026-03-15T01:02:03Z,x',
      `,,,,,,${at / 1000},""`,
      ',,,,,,20260315,',
      '1.5,x,x,x,maybe,x,x,x',
    ]);
    expect(rows).toEqual([
      [1, 9007199254740993n, -5n * 10n ** 27n, 2.5, true, 20527, at, 'x'],
      [null, null, null, null, null, null, at, ''],
      [null, null, null, null, null, null, Date.UTC(2026, 2, 15) * 1000, null],
      [null, null, null, null, null, null, null, 'x'],
    ]);
    expect(problems.map((p) => [p.record, p.column, p.reason, p.refused])).toEqual(
      ['i', 'b', 'n', 'd', 'f', 'day', 'at'].map((column) => [3, column, 'wrong_type', false]),
    );
  });

  it('maps fields by the header, and without one by the order of the columns', () => {
    const columns = [
      { name: 'a', type: INTEGER },
      { name: 'b', type: VARCHAR },
    ];
    expect(decode(columns, ['x,9,1'], { header: ['B', 'other', ' a '] }).rows).toEqual([[1, 'x']]);
    expect(decode(columns, ['1,x,9'], { header: ['a', 'b', 'A'] }).rows).toEqual([[1, 'x']]);
    expect(decode(columns, ['9,x,1'], { header: ['A', 'b', 'a'] }).rows).toEqual([[1, 'x']]);
    expect(decode(columns, ['x'], { header: ['b'] }).rows).toEqual([[null, 'x']]);
    expect(decode(columns, ['1,x']).rows).toEqual([[1, 'x']]);
  });

  it('refuses the records of a file whose header names none of the columns', () => {
    const columns = [
      { name: 'a', type: INTEGER },
      { name: 'b', type: VARCHAR },
    ];
    const { rows, problems } = decode(columns, ['2,y', '3,z'], { header: ['1', 'x'] });
    expect(rows).toEqual([]);
    expect(problems).toMatchObject([
      {
        reason: 'malformed',
        refused: true,
        message:
          "the header names no column of the source; if the file has no header, use without_header = 'true'",
      },
      { reason: 'malformed', refused: true },
    ]);
  });

  it('refuses records with wrong field counts, misplaced quotes or no value for a NOT NULL column', () => {
    const columns = [
      { name: 'a', type: INTEGER, notNull: true },
      { name: 'b', type: VARCHAR },
    ];
    const { rows, problems } = decode(columns, [
      '1,x',
      '1',
      '1,x,y',
      '1,"x',
      '1,"x"y',
      '1,5"',
      ',x',
      'q,x',
      '2,y',
    ]);
    expect(rows).toEqual([
      [1, 'x'],
      [2, 'y'],
    ]);
    expect(problems.map((p) => [p.record, p.reason, p.message, p.refused])).toEqual([
      [1, 'malformed', '1 fields instead of 2', true],
      [2, 'malformed', '3 fields instead of 2', true],
      [3, 'malformed', 'unterminated quote in field 2', true],
      [4, 'malformed', 'text after the closing quote of field 2', true],
      [5, 'malformed', 'quote inside unquoted field 2', true],
      [6, 'not_null', 'column "a" must not be NULL: the field is empty or missing', true],
      [7, 'not_null', 'column "a" must not be NULL: expected INTEGER, got "q"', true],
    ]);
  });

  it.each([',,', 'constructor'])('refuses the delimiter %s', (delimiter) => {
    const source = makeSource([{ name: 'a', type: VARCHAR }], {
      encode: 'csv',
      encodeOptions: options({ delimiter }),
    });
    expect(() => createCsvDecoder(source, [true])).toThrow('option delimiter must be one ASCII character');
  });
});
