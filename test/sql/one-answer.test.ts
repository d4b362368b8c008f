import { beforeAll, describe, expect, it } from 'vitest';
import { engineProblems } from '../../src/engine/check.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { bind, bound, brief, errorsOf, queryErrors } from './support/check.ts';

// A hint is the end of the search: what it says to write is taken.

beforeAll(() => loadParser());

const KAFKA = "WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON";

/** The hint of the only finding. */
function hint(sql: string): string {
  const found = brief(bind(sql));
  expect(found).toHaveLength(1);
  return /\((?<hint>.*)\)$/.exec(found[0]!)!.groups!['hint']!;
}

/** Takes the binder and the engine this SQL? */
function runs(sql: string): void {
  expect(engineProblems(bound(sql)).filter((p) => p.severity === 'error')).toEqual([]);
}

describe('a clock that is not the one', () => {
  const source = (rest: string, include = ''): string =>
    `CREATE SOURCE x (a INT${rest}) ${include} ${KAFKA};`;

  it.each([
    [', b TIMESTAMPTZ AS proctime()'],
    [', b TIMESTAMPTZ AS clock_timestamp()'],
    [', b TIMESTAMPTZ AS getdate()'],
    [', b TIMESTAMPTZ AS now()'],
    [', b DATE AS CURRENT_DATE'],
    [', b TIMESTAMPTZ DEFAULT now()'],
    [', b TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP'],
    [', b TIMESTAMPTZ DEFAULT proctime()'],
  ])('of a column, %s, is the time of the record', (column) => {
    expect(hint(source(column))).toContain('INCLUDE timestamp AS arrived_at');
    runs(source('', 'INCLUDE timestamp AS arrived_at'));
  });

  it.each(['proctime()', 'statement_timestamp()', 'timeofday()', 'sysdate()', 'getdate()'])(
    'in a query, %s, is now() in a comparison, or in steps',
    (clock) => {
      const forms = hint(`CREATE MATERIALIZED VIEW v AS SELECT secs, ${clock} AS t FROM events;`);
      expect(forms).toContain("date_trunc('minute', now())");
      expect(forms).toContain("ts > now() - INTERVAL '1 hour'");
      runs(`CREATE MATERIALIZED VIEW v AS SELECT secs, date_trunc('minute', now()) AS t FROM events;`);
      runs(`CREATE MATERIALIZED VIEW v AS SELECT secs FROM events WHERE at > now() - INTERVAL '1 hour';`);
    },
  );
});

describe('what does not run yet is said at once', () => {
  const view = 'CREATE MATERIALIZED VIEW v AS SELECT day, COUNT(*) AS n FROM events GROUP BY 1';

  it('EMIT ON WINDOW CLOSE, with a watermark and without', () => {
    expect(hint(`${view} EMIT ON WINDOW CLOSE;`)).toMatch(/^leave EMIT ON WINDOW CLOSE out/);
    runs(`${view};`);
  });
  it('EMIT ON WINDOW CLOSE of a sink', () => {
    const sink = (emit: string): string =>
      `${view}; CREATE SINK s FROM v ${emit} WITH (connector = 'dynamodb', table = 'days', primary_key = 'day');`;
    expect(hint(sink('EMIT ON WINDOW CLOSE'))).toMatch(/^leave EMIT ON WINDOW CLOSE out/);
  });
  it.each(['UPSERT', 'DEBEZIUM'])('FORMAT %s, with a key and without', (format) => {
    const upsert = KAFKA.replace('PLAIN', format);
    expect(hint(`CREATE SOURCE x (a INT) ${upsert};`)).toMatch(/^use FORMAT PLAIN/);
    expect(hint(`CREATE TABLE x (a INT) ${upsert};`)).toMatch(/^use FORMAT PLAIN/);
    expect(hint(`CREATE TABLE x (a INT PRIMARY KEY) APPEND ONLY ${upsert};`)).toMatch(/^use FORMAT PLAIN/);
    runs(`CREATE TABLE x (a INT PRIMARY KEY) ON CONFLICT DO NOTHING ${KAFKA};`);
  });
  it('WATERMARK WITH TTL', () => {
    const table = (watermark: string): string =>
      `CREATE TABLE x (a INT PRIMARY KEY, at TIMESTAMPTZ${watermark}) ${KAFKA};`;
    expect(hint(table(', WATERMARK FOR at AS at WITH TTL'))).toContain('leave the whole WATERMARK out');
    runs(table(''));
  });
});

describe('a sink with FORMAT', () => {
  const sink = (connector: string): string =>
    `CREATE SINK s FROM titles WITH (connector = '${connector}', table = 'titles', primary_key = 'id') FORMAT PLAIN ENCODE JSON;`;
  it('of a connector that takes none', () => {
    expect(errorsOf(sink('dynamodb'))).toContain(
      'a dynamodb sink takes no FORMAT ... ENCODE ..., as it writes items',
    );
  });
  it('of a connector that there is not, is told about the connector alone', () => {
    expect(errorsOf(sink('kafka'))).not.toContain('FORMAT ... ENCODE ...');
    expect(errorsOf(sink('dynamdb'))).not.toContain('FORMAT ... ENCODE ...');
  });
});

describe('a text with ${', () => {
  const text = (literal: string): unknown => {
    const plan = bound(`CREATE MATERIALIZED VIEW v AS SELECT ${literal} AS r FROM events;`, { A: 'a' })
      .views[0]!.plan;
    return plan.kind === 'project' && plan.exprs[0]!.kind === 'const' ? plan.exprs[0]!.value : plan;
  };

  it.each([
    ["'cost: $${amount}'", 'cost: ${amount}'],
    ["'$${1}, ${A}, $${'", '${1}, a, ${'],
    ["E'\\t$${A}'", '\t${A}'],
    ['$x$ $${A} ${A} $x$', ' ${A} a '],
    ['$$${A}$$', 'a'],
    ["'$ ${A} $$ {A}'", '$ a $$ {A}'],
  ])('%s is %s', (literal, value) => {
    expect(text(literal)).toBe(value);
  });
  it('is named where a reference in a text is none', () => {
    expect(queryErrors("SELECT '${}' AS r FROM events")).toContain('for the text ${ itself, write $${');
    expect(queryErrors("SELECT '${amount}' AS r FROM events")).toContain('for the text ${ itself, write $${');
  });
  it('keeps the places behind it', () => {
    expect(
      brief(bind("CREATE MATERIALIZED VIEW v AS SELECT '$${A} $${B}' AS r, nope FROM events;"))[0],
    ).toMatch(/^p\.sql:1:58 /);
  });
});
