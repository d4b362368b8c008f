import { beforeAll, describe, expect, it } from 'vitest';
import { renderExpr } from '../../src/plan/render-expr.ts';
import type { SourceDef } from '../../src/plan/pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { typeName } from '../../src/values/types.ts';
import { bind, bound, errorsOf } from './support/check.ts';

beforeAll(() => loadParser());

const last = (sql: string, env?: Record<string, string>): SourceDef => bound(sql, env).sources.at(-1)!;
const columns = (s: SourceDef): string[] =>
  s.columns.map((c) => `${c.name} ${typeName(c.type)}${c.notNull ? ' NOT NULL' : ''}`);

describe('a source', () => {
  it('reads each column type under all its names', () => {
    const source = last(`CREATE TABLE x (
      a INT, b int4, c INTEGER, d BIGINT, e int8, f SMALLINT, g DECIMAL, h NUMERIC, i VARCHAR, j TEXT,
      k CHARACTER VARYING, l TIMESTAMP, m TIMESTAMP WITHOUT TIME ZONE, n TIMESTAMPTZ, o TIMESTAMP WITH TIME ZONE,
      p DOUBLE PRECISION, q FLOAT, r REAL, s BOOL, t DATE, u TIME, v INTERVAL, w JSONB, x BYTEA, y VARCHAR[], z INT[][]
    );`);
    expect(source.columns.map((c) => typeName(c.type))).toEqual([
      'INTEGER',
      'INTEGER',
      'INTEGER',
      'BIGINT',
      'BIGINT',
      'SMALLINT',
      'NUMERIC',
      'NUMERIC',
      'VARCHAR',
      'VARCHAR',
      'VARCHAR',
      'TIMESTAMP',
      'TIMESTAMP',
      'TIMESTAMPTZ',
      'TIMESTAMPTZ',
      'DOUBLE PRECISION',
      'DOUBLE PRECISION',
      'REAL',
      'BOOLEAN',
      'DATE',
      'TIME',
      'INTERVAL',
      'JSONB',
      'BYTEA',
      'VARCHAR[]',
      'INTEGER[][]',
    ]);
  });

  it('has generated columns, a watermark and included columns', () => {
    const source = last(`CREATE SOURCE x (
        at TIMESTAMPTZ, day DATE AS (at AT TIME ZONE 'UTC')::date, n INT NOT NULL, twice BIGINT AS n * 2,
        WATERMARK FOR at AS at - INTERVAL '5 minutes'
      ) INCLUDE key AS k INCLUDE timestamp INCLUDE partition INCLUDE offset AS pos INCLUDE payload
      WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON;`);
    expect(columns(source)).toEqual([
      'at TIMESTAMPTZ',
      'day DATE',
      'n INTEGER NOT NULL',
      'twice BIGINT',
      'k BYTEA',
      '_rw_kafka_timestamp TIMESTAMPTZ',
      '_rw_kafka_partition VARCHAR',
      'pos VARCHAR',
      '_rw_kafka_payload JSONB',
    ]);
    expect(source.columns.map((c) => c.include)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'key',
      'timestamp',
      'partition',
      'offset',
      'payload',
    ]);
    expect(source.columns.map((c) => (c.generated === undefined ? '' : renderExpr(c.generated)))[3]).toBe(
      '(n * 2)::BIGINT',
    );
    expect(source.watermark?.column).toBe(0);
    expect(renderExpr(source.watermark!.expr)).toBe("at - INTERVAL '00:05:00'");
  });

  it('keeps its options as written, in dotted names of lower case', () => {
    const source = last(
      `CREATE SOURCE x (a INT) WITH ("connector" = 'kafka', Kafka.Topic = 'it''s', properties.bootstrap.server = '\${B:-}', scan.startup.timestamp.millis = 5)
       FORMAT PLAIN ENCODE JSON (timestamptz.handling.mode = 'guess_number_unit');`,
    );
    expect([...source.options].map(([k, v]) => [k, v.value])).toEqual([
      ['connector', 'kafka'],
      ['kafka.topic', "it's"],
      ['properties.bootstrap.server', ''],
      ['scan.startup.timestamp.millis', '5'],
    ]);
    expect(source).toMatchObject({
      kind: 'source',
      connector: 'kafka',
      format: 'plain',
      encode: 'json',
      appendOnly: true,
    });
  });

  it('reads CSV files', () => {
    const source = last(
      "CREATE SOURCE x (a INT) INCLUDE file AS f WITH (connector = 'posix_fs', posix_fs.root = '/data') FORMAT PLAIN ENCODE CSV (delimiter = ';', without_header = true);",
    );
    expect(source.encode).toBe('csv');
    expect([...source.encodeOptions].map(([k, v]) => [k, v.value])).toEqual([
      ['delimiter', ';'],
      ['without_header', 'true'],
    ]);
  });
});

describe('a table', () => {
  it('has a primary key, whose columns are NOT NULL', () => {
    expect(columns(last('CREATE TABLE x (a INT, b INT, c INT, PRIMARY KEY (b, a));'))).toEqual([
      'a INTEGER NOT NULL',
      'b INTEGER NOT NULL',
      'c INTEGER',
    ]);
    expect(last('CREATE TABLE x (a INT, b INT, c INT, PRIMARY KEY (b, a));').primaryKey).toEqual([1, 0]);
    expect(last('CREATE TABLE x (a INT, b VARCHAR PRIMARY KEY);').primaryKey).toEqual([1]);
  });

  it('overwrites a row of the same key, unless it is append only or ON CONFLICT says otherwise', () => {
    expect(last('CREATE TABLE x (a INT PRIMARY KEY);').onConflict).toBe('overwrite');
    expect(last('CREATE TABLE x (a INT PRIMARY KEY) ON CONFLICT DO UPDATE FULL;').onConflict).toBe(
      'overwrite',
    );
    expect(last('CREATE TABLE x (a INT PRIMARY KEY) ON CONFLICT DO NOTHING;').onConflict).toBe('ignore');
    expect(last('CREATE TABLE x (a INT PRIMARY KEY) ON CONFLICT IGNORE;').onConflict).toBe('ignore');
    expect(last('CREATE TABLE x (a INT PRIMARY KEY) APPEND ONLY;')).toMatchObject({
      onConflict: 'ignore',
      appendOnly: true,
    });
  });

  it('may have a connector, and FORMAT UPSERT if it has a primary key', () => {
    const sql = "WITH (connector = 'kafka', topic = 'x') FORMAT UPSERT ENCODE JSON;";
    expect(last(`CREATE TABLE x (a INT PRIMARY KEY) ${sql}`)).toMatchObject({
      kind: 'table',
      format: 'upsert',
      connector: 'kafka',
    });
    expect(errorsOf(`CREATE TABLE x (a INT) ${sql}`)).toContain(
      'FORMAT UPSERT needs a TABLE with a PRIMARY KEY',
    );
  });
});

describe('FORMAT UPSERT and DEBEZIUM', () => {
  const upsert = "WITH (connector = 'kafka', topic = 'x') FORMAT UPSERT ENCODE JSON";
  const debezium = upsert.replace('UPSERT', 'DEBEZIUM');

  it('take the primary key from the key of the record: its bytes with INCLUDE KEY, else its columns', () => {
    const bytes = last(`CREATE TABLE x (a INT, PRIMARY KEY (k)) INCLUDE KEY AS k ${upsert};`);
    expect(bytes).toMatchObject({ format: 'upsert', primaryKey: [1], keyEncode: undefined });
    expect(bytes.columns[1]).toMatchObject({ include: 'key', notNull: true });
    expect(last(`CREATE TABLE x (a INT, b INT, PRIMARY KEY (b, a)) ${upsert};`).primaryKey).toEqual([1, 0]);
    const text = last(
      `CREATE TABLE x (a INT PRIMARY KEY) ${upsert} (freshet.writer = 'flink') KEY ENCODE TEXT;`,
    );
    expect(text.keyEncode).toBe('text');
    expect(last(`CREATE TABLE x (a INT PRIMARY KEY) ${debezium};`).format).toBe('debezium');
    expect(last('CREATE TABLE x (a INT PRIMARY KEY) FORMAT UPSERT ENCODE JSON;').connector).toBeUndefined();
  });

  it.each([
    [`CREATE SOURCE x (a INT) ${upsert}`, 'FORMAT UPSERT needs a TABLE with a PRIMARY KEY'],
    [`CREATE SOURCE x (a INT) ${debezium}`, 'FORMAT DEBEZIUM needs a TABLE with a PRIMARY KEY'],
    [`CREATE TABLE x (a INT) INCLUDE KEY AS k ${upsert}`, 'FORMAT UPSERT needs a TABLE with a PRIMARY KEY'],
    [
      `CREATE TABLE x (a INT PRIMARY KEY) INCLUDE KEY AS k ${upsert}`,
      'with INCLUDE KEY only "k" can be the primary key',
    ],
    [
      `CREATE TABLE x (a INT, b INT AS a + 1, PRIMARY KEY (b)) ${upsert}`,
      '"b" is a generated column, and the primary key must come from the records',
    ],
    [
      `CREATE TABLE x (a INT, PRIMARY KEY (o)) INCLUDE OFFSET AS o ${upsert}`,
      '"o" is INCLUDE offset, and the primary key must come from the records',
    ],
    [`CREATE TABLE x (a INT PRIMARY KEY) INCLUDE OFFSET ${debezium}`, 'FORMAT DEBEZIUM takes no INCLUDE'],
    [
      `CREATE TABLE x (a INT PRIMARY KEY) APPEND ONLY ${upsert}`,
      'an APPEND ONLY table cannot have FORMAT UPSERT',
    ],
    [
      `CREATE TABLE x (a INT, b INT, PRIMARY KEY (a, b)) ${upsert} KEY ENCODE TEXT`,
      'KEY ENCODE TEXT is the text of one column, and the primary key has 2',
    ],
    [`CREATE TABLE x (a INT PRIMARY KEY) ${debezium} KEY ENCODE TEXT`, 'KEY ENCODE belongs to FORMAT UPSERT'],
    [
      `CREATE TABLE x (a INT, PRIMARY KEY (k)) INCLUDE KEY AS k ${upsert} KEY ENCODE TEXT`,
      'INCLUDE KEY takes the key as it is',
    ],
    [`CREATE TABLE x (a INT PRIMARY KEY) ${upsert} KEY ENCODE AVRO`, 'KEY ENCODE AVRO is not supported yet'],
  ])('refuse %s', (sql, message) => {
    expect(errorsOf(`${sql};`)).toContain(message);
  });
});

describe('statements', () => {
  it('fold unquoted names to lower case and keep quoted names', () => {
    const view = bound('CREATE MATERIALIZED VIEW "My View" AS SELECT ID AS "Id", Name AS N FROM Titles;')
      .views[0]!;
    expect(view.name).toBe('My View');
    expect(view.columns.map((c) => c.name)).toEqual(['Id', 'n']);
  });

  it('with IF NOT EXISTS are skipped if the name exists, and with OR REPLACE define a new view', () => {
    const pipeline = bound(
      'CREATE TABLE IF NOT EXISTS titles (a INT); CREATE OR REPLACE VIEW w (k) AS SELECT id FROM titles;',
    );
    expect(pipeline.sources.filter((s) => s.name === 'titles')).toHaveLength(1);
    expect(pipeline.logicalViews[0]!.columns.map((c) => c.name)).toEqual(['k']);
  });

  it('may define a sink of a query, which gets a view of its own', () => {
    const pipeline = bound(
      `CREATE SINK s AS WITH c AS (SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id)
       SELECT viewer_id, 'a#b' AS sk, n FROM c
       WITH (connector = 'dynamodb', dynamodb.table = 'profiles', primary_key = 'viewer_id, sk');`,
    );
    expect(pipeline.sinks[0]).toMatchObject({
      name: 's',
      from: 's__query',
      connector: 'dynamodb',
      primaryKey: [0, 1],
    });
    expect(pipeline.views[0]).toMatchObject({ name: 's__query', key: [0] });
  });

  it('may define a sink of a plain view or of a table', () => {
    const options = "WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id')";
    const pipeline = bound(
      `CREATE VIEW w AS SELECT id, name FROM titles; CREATE SINK a FROM w ${options}; CREATE SINK b FROM titles ${options.replace('profiles', 'others')};`,
    );
    expect(pipeline.sinks.map((s) => s.from)).toEqual(['a__query', 'b__query']);
    expect(pipeline.views.map((v) => v.key)).toEqual([[0], [0]]);
  });

  it('may have EMIT ON WINDOW CLOSE over a source with a watermark', () => {
    const source = (watermark: string): string =>
      `CREATE SOURCE x (at TIMESTAMPTZ${watermark}) WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON;`;
    const view =
      "CREATE MATERIALIZED VIEW v AS SELECT date_trunc('hour', at) AS h, COUNT(*) AS n FROM x GROUP BY 1 EMIT ON WINDOW CLOSE;";
    expect(
      bound(source(", WATERMARK FOR at AS at - INTERVAL '1 minute'") + view).views[0]!.emitOnWindowClose,
    ).toBe(true);
    expect(errorsOf(source('') + view)).toContain('EMIT ON WINDOW CLOSE needs a source with a WATERMARK');
    expect(
      bound(source('') + view.replace('ON WINDOW CLOSE', 'IMMEDIATELY')).views[0]!.emitOnWindowClose,
    ).toBe(false);
  });

  it('may have comments and empty statements between them', () => {
    expect(
      bind("; -- nothing ';\n/* a /* nested */ ; comment */ CREATE VIEW a AS SELECT ';' AS x;;\n")
        .diagnostics,
    ).toEqual([]);
  });
});

describe('variables', () => {
  const topic = (value: string, env: Record<string, string>): string =>
    last(
      `CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = ${value}) FORMAT PLAIN ENCODE JSON;`,
      env,
    ).options.get('topic')!.value;

  it('are replaced by their value, or by their default if unset or empty', () => {
    expect(topic("'a-${T}'", { T: 'b' })).toBe('a-b');
    expect(topic("'${T:-x}'", {})).toBe('x');
    expect(topic("'${T:-x}'", { T: '' })).toBe('x');
    expect(topic('${T}', { T: "'quoted'" })).toBe('quoted');
  });

  it('cannot end the string that they are in', () => {
    const hostile = "x') FORMAT PLAIN ENCODE JSON; DROP TABLE titles; --";
    expect(topic("'${T}'", { T: hostile })).toBe(hostile);
    expect(topic("E'${T}'", { T: "a\\'b" })).toBe("a\\'b");
  });

  it('are ignored in comments, and do not read properties of Object.prototype', () => {
    expect(bind('-- ${MISSING}\n/* ${MISSING} */ CREATE VIEW v AS SELECT 1 AS a;').diagnostics).toEqual([]);
    expect(errorsOf("CREATE VIEW v AS SELECT '${toString}' AS a;")).toContain(
      'environment variable "toString" is not set',
    );
  });
});
