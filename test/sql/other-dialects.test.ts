import { beforeAll, describe, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

const WITH = `WITH (connector = 'kafka', topic = 'e') FORMAT PLAIN ENCODE JSON;`;
const SOURCE = `CREATE SOURCE e (viewer_id BIGINT, at TIMESTAMPTZ) ${WITH}\n`;

function bind(text: string) {
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  const errors = diagnostics.filter((d) => d.severity === 'error');
  return {
    pipeline,
    errors: errors.map(({ message, hint, span }) => ({
      at: text.slice(span.start, span.end),
      message,
      hint,
    })),
  };
}

describe('spellings that public pipelines use are accepted', () => {
  it.each([
    ['a comma after the last column', `CREATE SOURCE e (viewer_id BIGINT, at TIMESTAMPTZ,) ${WITH}`],
    [
      'a comma after the last key',
      `CREATE TABLE e (viewer_id BIGINT, at TIMESTAMPTZ, PRIMARY KEY (viewer_id),) ${WITH}`,
    ],
    [
      'a comma after the last option',
      `CREATE SOURCE e (viewer_id BIGINT) WITH (connector = 'kafka', topic = 'e',) FORMAT PLAIN ENCODE JSON;`,
    ],
    [
      'options quoted as names',
      `CREATE SOURCE e (viewer_id BIGINT) WITH ("connector" = 'kafka', "topic" = 'e') FORMAT PLAIN ENCODE JSON;`,
    ],
    [
      'options quoted as text',
      `CREATE SOURCE e (viewer_id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'e') FORMAT PLAIN ENCODE JSON;`,
    ],
    ['IF NOT EXISTS', `CREATE SOURCE IF NOT EXISTS e (viewer_id BIGINT) ${WITH}`],
    ['semicolons without a statement', `;; ${SOURCE} ;;`],
  ])('%s', (_, sql) => {
    const { pipeline, errors } = bind(sql);
    expect(errors).toEqual([]);
    const [source] = pipeline!.sources;
    expect([source!.connector, source!.options.get('topic')?.value]).toEqual(['kafka', 'e']);
  });

  it.each(['(,)', '(viewer_id BIGINT,,)', '(, viewer_id BIGINT)'])(
    'but not a comma too many, as in %s',
    (columns) => {
      expect(bind(`CREATE SOURCE e ${columns} ${WITH}`).errors[0]!.message).toMatch(
        /^syntax error at or near "[,)]"/,
      );
    },
  );
});

describe('a statement that does not belong in a pipeline has a hint that says what to do', () => {
  it.each([
    ["SET TIME ZONE 'Europe/Berlin';", 'SET', 'AT TIME ZONE'],
    ['SET rw_implicit_flush = true;', 'SET', 'leave it out'],
    ['USE dev;', 'USE', 'leave it out'],
    ['DROP MATERIALIZED VIEW IF EXISTS v;', 'DROP', 'the next start applies it'],
    ['ALTER SOURCE e ADD COLUMN x INT;', 'ALTER', 'the next start applies it'],
    ['SELECT * FROM e;', 'SELECT', 'freshet replay'],
    ['SHOW TABLES;', 'SHOW', 'freshet replay'],
    ['INSERT INTO e VALUES (1);', 'INSERT', '/v1/sources/{source}/events'],
    ['GRANT SELECT ON e TO x;', 'GRANT', 'tokens'],
    ["COMMENT ON TABLE e IS 'x';", 'COMMENT', '-- ...'],
    ['COMMIT;', 'COMMIT', 'leave it out'],
    ['CREATE INDEX i ON v (viewer_id);', 'INDEX', 'found by their keys'],
    ['CREATE SCHEMA s;', 'SCHEMA', 'one schema'],
    ["CREATE SECRET s WITH (backend = 'meta') AS 'x';", 'SECRET', 'environment variable'],
    ['CREATE FUNCTION f(int) RETURNS int;', 'FUNCTION', 'write it as an expression'],
  ])('%s', (statement, at, hint) => {
    const { errors } = bind(SOURCE + statement);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ at, hint: expect.stringContaining(hint) as string });
  });
});

describe('a spelling of another system has a hint with the right one', () => {
  const where = (condition: string): string =>
    `${SOURCE}CREATE MATERIALIZED VIEW v AS SELECT viewer_id FROM e WHERE ${condition};`;
  const select = (items: string): string => `${SOURCE}CREATE MATERIALIZED VIEW v AS SELECT ${items} FROM e;`;
  it.each([
    [where("at > now() - INTERVAL '5' MINUTES"), "write INTERVAL '5 minutes', or INTERVAL '5' MINUTE"],
    [where("at > now() - INTERVAL '2' WEEK"), "write INTERVAL '2 week'"],
    [where('at > now() - INTERVAL 5 MINUTE'), "quote the amount: INTERVAL '5 minute'"],
    [where('at > now() - INTERVAL 5'), "quote the amount: INTERVAL '5 days'"],
    [where("at > now() - INTERVAL '1' QUARTER"), "a quarter is three months: INTERVAL '3 months'"],
    [select("at + INTERVAL '5' MINUTES"), "write INTERVAL '5 minutes', or INTERVAL '5' MINUTE"],
    [select("at - INTERVAL '5' WEEK, viewer_id"), "write INTERVAL '5 week'"],
    [select("at + INTERVAL '5' min"), "write INTERVAL '5 min'"],
    [select("at + INTERVAL '5' hrs"), "write INTERVAL '5 hrs'"],
    [select("at + INTERVAL '5' Milliseconds"), "write INTERVAL '5 milliseconds'"],
    [select('at::date + 3 MONTHS'), "write INTERVAL '3 months'; to use the word as a name, write AS MONTHS"],
    [
      `CREATE SOURCE e (at TIMESTAMPTZ, b TIMESTAMPTZ AS at + INTERVAL '5' MINUTES) ${WITH}`,
      "write INTERVAL '5 minutes', or INTERVAL '5' MINUTE",
    ],
    [
      `CREATE SOURCE e (a INT) WITH (connector = 'kafka', topic = 'e') FORMAT JSON;`,
      'write both: FORMAT PLAIN ENCODE JSON',
    ],
    [
      `CREATE SOURCE e (a INT) WITH (connector = 'kafka', topic = 'e') ENCODE JSON;`,
      'write FORMAT PLAIN ENCODE JSON',
    ],
    [
      `CREATE SOURCE e WITH (connector = 'kafka', topic = 'e') FORMAT PLAIN ENCODE JSON;`,
      'list the columns: CREATE SOURCE e (name TYPE, ...)',
    ],
    ['CREATE TABLE e (a INT) APPEND ONLY APPEND ONLY;', 'keep one of them'],
    ['CREATE TABLE e (a INT PRIMARY KEY) ON CONFLICT DO NOTHING ON CONFLICT OVERWRITE;', 'keep one of them'],
    ['CRAETE VIEW v AS SELECT 1 AS x;', 'did you mean CREATE?'],
    ['CREATE VEIW v AS SELECT 1 AS x;', 'did you mean VIEW?'],
    ['CREATE MATERIALISED VIEW v AS SELECT 1 AS x;', 'did you mean MATERIALIZED?'],
    [where('viewer_id = 1 XOR at IS NULL'), 'write a <> b, with a condition on each side'],
    [where("viewer_id::varchar RLIKE '^1'"), "write x ~ 'pattern'"],
    [where('viewer_id = 1 QUALIFY viewer_id > 2'), expect.stringContaining('WHERE rn <= n') as string],
    [where('viewer_id = 1 EMIT CHANGES'), 'a view emits every change; leave it out'],
    [where('viewer_id = 1 LIMIT 5, 10'), 'write LIMIT count OFFSET start'],
    [where('viewer_id = 1 LIMIT 5 BY viewer_id'), expect.stringContaining('ROW_NUMBER()') as string],
    [where('viewer_id = 1 GROUP viewer_id'), 'write GROUP BY'],
    [where('at > current_timestamp()'), 'leave the brackets out: CURRENT_TIMESTAMP; or write now()'],
    [select('COUNT(DISTINCT *)'), 'write COUNT(*) FROM (SELECT DISTINCT ...) x'],
    [select('TOP 10 viewer_id'), 'write LIMIT 10 at the end'],
    [select('* EXCEPT (at)'), 'list the columns that you want'],
    [select('* EXCLUDE (at)'), 'list the columns that you want'],
    [select('COUNT(*) FILTER WHERE viewer_id = 1'), 'write FILTER (WHERE ...)'],
    [select('SAFE_CAST(viewer_id AS INT)'), expect.stringContaining('x::TYPE') as string],
    [select('group_concat(at SEPARATOR 1)'), "write string_agg(x, ',')"],
    [`${SOURCE}CREATE MATERIALIZED VIEW v AS SELECT viewer_id FROM e MINUS SELECT 1;`, expect.any(String)],
    [
      `${SOURCE}CREATE MATERIALIZED VIEW v AS SELECT viewer_id FROM e PARTITION (p0);`,
      'use WHERE; to use the word as a name, write AS PARTITION',
    ],
    [
      `${SOURCE}CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(*) AS n FROM e GROUP BY viewer_id WITH ROLLUP;`,
      'write one view per grouping, or UNION ALL them',
    ],
    [`${SOURCE}CREATE MATERIALIZED VIEW v AS SELECT COUNT() AS n FROM e;`, 'write COUNT(*) or COUNT(x)'],
    [`CREATE SOURCE e (a DATETIME) ${WITH}`, 'use TIMESTAMP, or TIMESTAMPTZ for an instant'],
    [`CREATE SOURCE e (a INT64) ${WITH}`, 'use BIGINT'],
    [
      `CREATE SOURCE e (a INT) WITH (connector = 'kafka', topic = 'e') ROW FORMAT JSON;`,
      'write FORMAT PLAIN ENCODE JSON',
    ],
  ])('%s', (sql, hint) => {
    expect(bind(sql).errors.map((e) => e.hint)).toEqual([hint]);
  });

  it.each([
    ["at + INTERVAL '5 minutes' AS minutes"],
    ["at + INTERVAL '5' MINUTE AS minutes"],
    ['viewer_id / 60 minutes'],
    ['-1 days'],
    ['viewer_id + 1 AS days, at AS weeks'],
    ['viewer_id AS year, viewer_id quarters'],
  ])('a unit of time may still be a column name: %s', (items) =>
    expect(bind(select(items)).errors).toEqual([]),
  );
});
