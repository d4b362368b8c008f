import type { Span } from '../../../plan/expr.ts';
import type { SqlType } from '../../../values/types.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';
import { allExprs } from './bound-plan.ts';
import { readsInterval } from './interval-text.ts';

const DAY = String.raw`\d{4}-\d\d-\d\d`;
const CLOCK = String.raw`\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?`;
const OFFSET = String.raw`[+-]\d\d(?::?\d\d)?`;

/** By type, the texts that RisingWave reads, and the form to write. */
const FORMS: Partial<Record<SqlType['kind'], readonly [form: RegExp, shown: string]>> = {
  date: [new RegExp(`^${DAY}$`), '2026-03-15'],
  time: [new RegExp(`^${CLOCK}Z?$`), '10:00:00'],
  timestamp: [new RegExp(`^${DAY}(?:[ T]${CLOCK}(?:${OFFSET})?)?$`, 'i'), '2026-03-15 10:00:00'],
  timestamptz: [
    new RegExp(`^${DAY}(?:[ T]${CLOCK} ?(?:Z|UTC|${OFFSET})?)?$`, 'i'),
    '2026-03-15 10:00:00+00:00',
  ],
};

/** PostgreSQL reads many forms of dates, times and intervals, and Freshet with it; RisingWave reads few. */
export const TIME_LITERAL: TargetRule = {
  code: 'R038',
  about: 'the text of a date, a time or an interval in a form that RisingWave does not read',
  source: "RisingWave's src/common/src/types/datetime.rs, timestamptz.rs and interval.rs",
  renderable: true,
  check: (input) => {
    const explicit = cast(input);
    const known = new Set(explicit.map(({ span }) => placeOf(span)));
    // A constant that was computed from a literal has the literal's place, and the type of the result.
    const others = implied(input).filter(({ span }) => !known.has(placeOf(span)));
    return [...explicit, ...others].flatMap(({ type, text, span }) => {
      const hint = hintFor(type, text);
      const message = `RisingWave does not read this as ${type.toUpperCase()}`;
      return hint === undefined ? [] : [refused('R038', message, hint, span)];
    });
  },
};

function placeOf({ file, start }: Span): string {
  return `${file}:${start}`;
}

interface Literal {
  readonly type: SqlType['kind'];
  readonly text: string;
  readonly span: Span;
}

/** Returns whether RisingWave reads a text as a date, a time or an interval. */
export function isRead(type: SqlType['kind'], text: string): boolean {
  return hintFor(type, text) === undefined;
}

function hintFor(type: SqlType['kind'], text: string): string | undefined {
  if (type === 'interval') {
    if (readsInterval(text)) return undefined;
    return "write years, months, days, hours, minutes and seconds as whole numbers: '7 days' for a week";
  }
  const [form, shown] = FORMS[type] ?? [];
  return form === undefined || form.test(text.trim()) ? undefined : `write '${shown}'`;
}

/** Returns the literals with a cast: `DATE '...'`, `'...'::date`. */
function cast({ trees }: TargetInput): readonly Literal[] {
  const found: Literal[] = [];
  for (const { tree, slice } of trees) {
    walk(tree, (_, node) => {
      if (!('TypeCast' in node)) return;
      const { arg, typeName } = node.TypeCast;
      const text = arg !== undefined && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
      const name = typeName?.names?.at(-1);
      const type = name !== undefined && 'String' in name ? (name.String.sval ?? '') : '';
      // The unit of INTERVAL '1' DAY makes a number an interval.
      if (text === undefined || typeName?.typmods !== undefined || typeName?.arrayBounds !== undefined)
        return;
      found.push({ type: type as SqlType['kind'], text, span: slice.spanAt(locationOf(arg)) });
    });
  }
  return found;
}

/** Returns the literals that have a type because of what stands beside them. */
function implied({ pipeline }: TargetInput): readonly Literal[] {
  return allExprs(pipeline).flatMap((e): Literal[] => {
    if (e.kind !== 'const' || e.span === undefined || typeof e.value === 'string') return [];
    const written = (pipeline.files.get(e.span.file) ?? '').slice(e.span.start, e.span.end);
    if (!/^'[^']*'$/.test(written)) return [];
    return [{ type: e.type.kind, text: written.slice(1, -1), span: e.span }];
  });
}
