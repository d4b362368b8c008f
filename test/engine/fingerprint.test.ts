import { beforeAll, expect, it } from 'vitest';
import { fingerprintOf, planChange } from '../../src/engine/fingerprint.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

function fingerprint(text: string): string {
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return fingerprintOf(pipeline);
}

const TABLE = 'CREATE TABLE t (a INT, b VARCHAR);';
const A = 'CREATE MATERIALIZED VIEW a AS SELECT a FROM t;';
const B = 'CREATE MATERIALIZED VIEW "b c" AS SELECT b FROM t;';
const BASE = TABLE + A + B;

it.each([
  ['a changed query of a view', TABLE + A.replace('SELECT a', 'SELECT a + 1 AS a') + B, 'view a has changed'],
  ['an added view', `${BASE}CREATE MATERIALIZED VIEW d AS SELECT 1 AS x;`, 'view d is new'],
  ['a removed view', TABLE + A, 'view b c is gone'],
  ['a changed type', TABLE.replace('a INT', 'a BIGINT') + A + B, 'table t has changed, view a has changed'],
  [
    'an added key',
    TABLE.replace('VARCHAR', 'VARCHAR PRIMARY KEY') + A,
    /^table t has changed,.* view b c is gone$/,
  ],
  ['a changed order', TABLE + B + A, 'sources or views are defined in another order'],
  [
    'everything',
    'CREATE TABLE u (x INT); CREATE MATERIALIZED VIEW v AS SELECT x FROM u;',
    'table u is new, view v is new, table t is gone, 2 more',
  ],
])('the description of a change names what changed: %s', (_, after, change) => {
  expect(fingerprint(after)).not.toBe(fingerprint(BASE));
  expect(planChange(fingerprint(BASE), fingerprint(after))).toMatch(change);
});

it('spaces and comments do not change the fingerprint', () => {
  const text = `-- a remark\n${TABLE}\n${A.replace('SELECT', 'SELECT  ')}${B}`;
  expect(fingerprint(text)).toBe(fingerprint(BASE));
});

it('says that another version stored the state in another format', () => {
  const now = fingerprint(BASE);
  expect(planChange('d8233f', now)).toBe('this version of Freshet stores state in another format');
  expect(planChange(now.replace(/^format \d+/, 'format 2'), now)).toBe(
    'this version of Freshet stores state in another format',
  );
});
