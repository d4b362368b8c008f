import type { Node, SelectStmt } from '@pgsql/types';
import { UNNAMED, outputName } from '../../bind/output-name.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { walk } from '../query.ts';
import type { Query } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { derivedName } from './derived-name.ts';

/** PostgreSQL finds a name for more expressions than RisingWave, and sometimes another one. */
export const COLUMN_NAME: TargetRule = {
  code: 'R022',
  about: 'an expression without an alias to which RisingWave gives no name, or another one',
  source:
    'RisingWave\'s src/frontend/src/binder/select.rs (derive_alias); create_mv.rs answers "An alias must be specified for the 1st expression"',
  renderable: false,
  check: ({ queries }) =>
    queries.flatMap((query) => {
      const used = namesUsed(query.select);
      const isUsed = ({ name }: Misnamed): boolean => used.has(name) || used.has('*');
      const own = query.columns === undefined ? misnamed(firstBranch(query.select), query) : [];
      const inner = innerQueries(query.select).flatMap((s) => misnamed(firstBranch(s), query));
      return [...own, ...inner.filter(isUsed)].map(({ finding }) => finding);
    }),
};

interface Misnamed {
  /** As Freshet calls the column. */
  readonly name: string;
  readonly finding: Diagnostic;
}

function innerQueries(select: SelectStmt): readonly SelectStmt[] {
  const found: SelectStmt[] = [];
  walk(select, (_, node) => {
    if ('SelectStmt' in node) found.push(node.SelectStmt);
  });
  return found;
}

function misnamed(s: SelectStmt, { slice }: Query): readonly Misnamed[] {
  return (s.targetList ?? []).flatMap((t) => {
    if (!('ResTarget' in t) || t.ResTarget.name !== undefined) return [];
    const { val, location } = t.ResTarget;
    const name = outputName(val);
    const there = derivedName(val, slice);
    if (name === UNNAMED || there === name || isStar(val)) return [];
    const message =
      there === undefined
        ? `RisingWave gives this column no name, where Freshet calls it ${name}`
        : `RisingWave calls this column ${there}, where Freshet calls it ${name}`;
    return [{ name, finding: refused('R022', message, `write ... AS ${name}`, slice.spanAt(location)) }];
  });
}

/** Returns the names of all columns that a query reads, and `*` if it takes all columns of a relation. */
function namesUsed(select: SelectStmt): ReadonlySet<string> {
  const names = new Set<string>();
  walk(select, (_, node) => {
    if (!('ColumnRef' in node)) return;
    const last = node.ColumnRef.fields?.at(-1);
    names.add(last !== undefined && 'String' in last ? (last.String.sval ?? '') : '*');
  });
  return names;
}

/** Returns the SELECT that gives a query the names of its columns. */
function firstBranch(s: SelectStmt): SelectStmt {
  return s.larg === undefined ? s : firstBranch(s.larg);
}

function isStar(node: Node | undefined): boolean {
  const last = node !== undefined && 'ColumnRef' in node ? node.ColumnRef.fields?.at(-1) : undefined;
  return last !== undefined && 'A_Star' in last;
}
