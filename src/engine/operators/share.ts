import type { Expr } from '../../plan/expr.ts';
import { children, withChildren } from '../../plan/expr.ts';
import type { Datum } from '../../values/datum.ts';

/** Makes structurally equal sub-expressions one object, so that generated code computes them once per row. */
export class ExprSharer {
  readonly #known = new Map<string, Expr>();
  readonly #ids = new Map<Expr, number>();

  share(e: Expr): Expr {
    if (this.#ids.has(e)) return e;
    const before = children(e);
    const after = before.map((c) => this.share(c));
    const rebuilt = after.every((c, i) => c === before[i]) ? e : withChildren(e, after);
    const key = `${head(rebuilt)}(${after.map((c) => this.#ids.get(c)).join(',')})`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, rebuilt);
    this.#ids.set(rebuilt, this.#ids.size);
    return rebuilt;
  }
}

/** Returns what distinguishes an expression from others with the same children. */
function head(e: Expr): string {
  const type = JSON.stringify(e.type);
  switch (e.kind) {
    case 'const':
      return `const ${type} ${text(e.value)}`;
    case 'column':
      return `column ${e.index}`;
    case 'call':
      return `call ${e.fn.id}`;
    case 'compare':
      return `compare ${e.op}`;
    case 'in_list':
      return `in ${e.hasNull} ${e.values.map(text).join(' ')}`;
    case 'case':
      return `case ${e.arms.length} ${type} ${e.nullable}`;
    default:
      return `${e.kind} ${type} ${e.nullable}`;
  }
}

function text(value: Datum): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)) + typeof value;
}

/**
 * Returns the sub-expressions that occur more than once and may be computed even where only a lazy branch needs them,
 * innermost first. Does not look into those for which `stop` is true.
 */
export function sharedParts(exprs: readonly Expr[], stop: (e: Expr) => boolean): Expr[] {
  const seen = new Map<Expr, number>();
  const order: Expr[] = [];
  const visit = (e: Expr): void => {
    if (stop(e) || e.kind === 'const' || e.kind === 'column') return;
    const times = (seen.get(e) ?? 0) + 1;
    seen.set(e, times);
    if (times > 1) return;
    for (const child of children(e)) visit(child);
    order.push(e);
  };
  for (const e of exprs) visit(e);
  return order.filter((e) => seen.get(e)! > 1 && safe(e));
}

/** False for a quotient whose divisor is not constant: the branch around it may guard against zero. */
function safe(e: Expr): boolean {
  if (e.kind === 'call' && (e.fn.name === '/' || e.fn.name === '%') && e.args[1]?.kind !== 'const')
    return false;
  return children(e).every(safe);
}
