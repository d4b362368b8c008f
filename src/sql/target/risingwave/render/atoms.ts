import type { Node } from '@pgsql/types';
import { usesNow } from '../../../../plan/clock-flow.ts';
import { failure } from '../../../failure.ts';
import { locationOf } from '../../../bind/expr-binder.ts';
import { walk } from '../../query.ts';
import type { QueryText } from './query-text.ts';

/** Kinds of operators whose result is a condition: comparisons, BETWEEN, IN, IS DISTINCT FROM. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'AEXPR_OP',
  'AEXPR_BETWEEN',
  'AEXPR_NOT_BETWEEN',
  'AEXPR_IN',
  'AEXPR_DISTINCT',
  'AEXPR_NOT_DISTINCT',
  'AEXPR_OP_ANY',
  'AEXPR_OP_ALL',
]);

/**
 * Returns the smallest conditions on the clock in a part of a parse tree, outside sub-selects. Throws SqlFailure at a
 * clock that is no part of a condition: RisingWave can filter by the clock, and cannot compute with it.
 */
export function atomsIn(part: unknown, text: QueryText): readonly Node[] {
  const { atoms, ofRows, bare } = look(part, text);
  if (bare === undefined) return [...ofRows, ...atoms];
  const span = text.slice.spanAt(locationOf(bare));
  throw failure(
    '0A000',
    'RisingWave can filter by the clock, but not compute with it: this value of the clock is no part of a condition',
    span,
    "write conditions with constants, as CASE WHEN at > now() - INTERVAL '1 day' THEN ..., or keep the time in a " +
      'column and subtract where it is read',
  );
}

interface Found {
  readonly atoms: readonly Node[];
  /** Atoms inside calls of aggregates, which are about single rows whatever stands around the call. */
  readonly ofRows: readonly Node[];
  /** A clock outside all atoms. */
  readonly bare: Node | undefined;
}

const NOTHING: Found = { atoms: [], ofRows: [], bare: undefined };

function look(part: unknown, text: QueryText): Found {
  if (Array.isArray(part)) return merged(part.map((each) => look(each, text)));
  if (part === null || typeof part !== 'object') return NOTHING;
  const found = Object.entries(part).map(([key, value]): Found => {
    if (!/^[A-Z]/.test(key)) return look(value, text);
    const node = part as Node;
    if (key === 'SelectStmt') return NOTHING;
    if (isClockNode(node, text)) return { ...NOTHING, bare: node };
    const { atoms, ofRows, bare } = look(value, text);
    if (isAggregateCall(node, text)) return { atoms: [], ofRows: [...ofRows, ...atoms], bare };
    // A comparison of values that depend on the clock only by conditions inside them is no atom.
    const isAtom = bare !== undefined && isCondition(node, text);
    return isAtom ? { atoms: [node], ofRows, bare: undefined } : { atoms, ofRows, bare };
  });
  return merged(found);
}

function merged(found: readonly Found[]): Found {
  return {
    atoms: found.flatMap((f) => f.atoms),
    ofRows: found.flatMap((f) => f.ofRows),
    bare: found.find((f) => f.bare !== undefined)?.bare,
  };
}

/** Returns whether a node calls an aggregate: the binder makes it a column with a negative index. */
export function isAggregateCall(node: Node, text: QueryText): boolean {
  const bound = 'FuncCall' in node ? text.exprOf(node) : undefined;
  return bound?.kind === 'column' && bound.index < 0;
}

/** Returns whether a part of a parse tree reads the clock inside calls of aggregates. */
export function readsClockByRow(part: unknown, text: QueryText): boolean {
  return look(part, text).ofRows.length > 0;
}

function isCondition(node: Node, text: QueryText): boolean {
  if (!('A_Expr' in node) || !CONDITIONS.has(node.A_Expr.kind ?? '')) return false;
  const bound = text.exprOf(node);
  return bound?.type.kind === 'boolean' && usesNow(bound);
}

/** Returns whether a node is the clock itself: now(), CURRENT_DATE, or a call that reads the clock by itself. */
function isClockNode(node: Node, text: QueryText): boolean {
  if ('SQLValueFunction' in node) return true;
  if (!('FuncCall' in node)) return false;
  const bound = text.exprOf(node);
  if (bound === undefined || !usesNow(bound)) return false;
  const args = node.FuncCall.args ?? [];
  return args.every((arg) => !usesNow(text.exprOf(arg) ?? bound));
}

/** Returns whether a part of a parse tree reads the clock outside sub-selects. */
export function readsClock(part: unknown, text: QueryText): boolean {
  let reads = false;
  walk([part], (kind, node) => {
    if (kind === 'SelectStmt') return false;
    reads ||= isClockNode(node, text);
    return !reads;
  });
  return reads;
}

/** Returns the references to columns in a part of a parse tree, outside sub-selects. */
export function columnRefsIn(part: unknown): readonly Node[] {
  const found: Node[] = [];
  walk(part, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if (kind === 'ColumnRef') found.push(node);
    return true;
  });
  return found;
}

/** Returns the parts of the name in a reference to a column; `*` for a star. */
export function nameParts(ref: Node): readonly string[] {
  const fields = 'ColumnRef' in ref ? (ref.ColumnRef.fields ?? []) : [];
  return fields.map((f) => ('String' in f ? (f.String.sval ?? '') : '*'));
}
