import { readFileSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineProblems } from '../../src/engine/check.ts';
import { FRONT_END_STATES } from '../../src/sql/failure.ts';
import { LINT_RULES } from '../../src/sql/lint/lint.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { RISINGWAVE_RULES } from '../../src/sql/target/risingwave/rules.ts';
import { SQL_STATES } from '../../src/values/sql-error.ts';
import { bind } from '../sql/support/check.ts';
import { cli } from './support/run-cli.ts';

beforeAll(() => loadParser());

const PAGES = new URL('../../docs/codes/', import.meta.url);
const page = (name: string): string => readFileSync(new URL(name, PAGES), 'utf8');
/** The linter's and RisingWave's rules, and F007 of the binder and F008 of the engine. */
const RULES = [...LINT_RULES, ...RISINGWAVE_RULES].map((r) => r.code);
RULES.push('F007', 'F008');
RULES.sort();

/** Returns the codes of all diagnostics of a pipeline, checked for the target of `rule`. */
function codesOf(sql: string, rule: string): string[] {
  const { diagnostics, runnable } = bind(sql, {}, rule.startsWith('R') ? RISINGWAVE_RULES : []);
  return [...diagnostics, ...engineProblems(runnable)].map((d) => d.code);
}

describe('the pages of docs/codes', () => {
  it('are one for each rule, and no others', () => {
    const pages = readdirSync(PAGES).filter((name) => /^[FR]\d+\.md$/.test(name));
    expect(pages.toSorted()).toEqual(RULES.map((code) => `${code}.md`));
  });

  it.each(RULES)('%s: the example has this finding only, and the correction has none', (code) => {
    const text = page(`${code}.md`);
    expect(text).toMatch(new RegExp(`^# ${code}: \\S`));
    const blocks = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((m) => m[1]!);
    expect(blocks.map((sql) => [...new Set(codesOf(sql, code))])).toEqual([[code], []]);
  });

  it('errors.md: each example has its error only, and its correction has none', () => {
    const sections = page('errors.md')
      .split(/^(?=## )/m)
      .slice(1);
    const examples = sections.flatMap((section) => {
      const [wrong, right] = [...section.matchAll(/```sql\n([\s\S]*?)```/g)].map((m) => codesOf(m[1]!, ''));
      return wrong === undefined ? [] : [{ code: section.slice(3, 8), wrong: [...new Set(wrong)], right }];
    });
    expect(examples).toEqual(examples.map(({ code }) => ({ code, wrong: [code], right: [] })));
    expect(examples.length).toBeGreaterThan(20);
  });

  it('name the evidence for each rule about RisingWave', () => {
    for (const rule of RISINGWAVE_RULES)
      expect(page(`${rule.code}.md`)).toContain(`Evidence: ${rule.source}.`);
  });

  it('have a section for each SQLSTATE', () => {
    const sections = [...page('errors.md').matchAll(/^## (\w{5}): \S.*\n\n\S/gm)].map((m) => m[1]!);
    expect(sections).toEqual([...new Set([...FRONT_END_STATES, ...SQL_STATES])].toSorted());
  });
});

describe('explain-code', () => {
  it.each([...RULES, 'f001', '42703'])('prints the page of %s', async (code) => {
    const { code: exit, stdout } = await cli(['explain-code', code]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(new RegExp(`^# ${code.toUpperCase()}: \\S`));
  });

  it('prints the section of an SQLSTATE', async () => {
    const { stdout } = await cli(['explain-code', '22012']);
    expect(stdout).toMatch(
      /^# 22012: a division by zero in a constant\n\n\S[^#]*`x \/ NULLIF\(y, 0\)`[^#]*\.\n$/,
    );
  });

  it.each(['F999', '00000', '../README'])('lists the codes that exist instead of %j', async (code) => {
    const { code: exit, stderr } = await cli(['explain-code', code]);
    expect(exit).toBe(2);
    expect(stderr).toContain('F001, F002');
  });
});
