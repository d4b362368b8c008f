import type { ConnectorSpec, OptionSpec } from '../../connectors/option.ts';
import { faultOf } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import type { Span } from '../../plan/expr.ts';
import type { RawOption } from '../ddl/statement.ts';
import { didYouMean, nearest } from '../did-you-mean.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import type { Reporter } from '../failure.ts';

/** Options of every WITH clause, whatever the connector. */
const COMMON = ['connector'];

/**
 * Checks the options of a statement against a connector's declaration: unknown, repeated and missing options, and
 * values. Reports all errors, then throws Abandoned if there was one. `what` names the connector in messages. The keys
 * of the result are as written: an alias stays an alias.
 */
export function bindOptions(
  given: readonly RawOption[],
  spec: ConnectorSpec,
  place: { readonly what: string; readonly span: Span; readonly reporter: Reporter },
): Options {
  const { reporter, span, what } = place;
  const errorsBefore = reporter.errors;
  const byName = new Map<string, OptionSpec>();
  const options = Object.values(spec.options);
  for (const o of [...options, ...(spec.ignored ?? [])])
    for (const name of [o.name, ...(o.aliases ?? [])]) byName.set(name, o);
  const seen = new Map<string, RawOption>();
  const misspelt = new Set<string>();
  for (const option of given) {
    reporter.attempt(() => {
      const key = option.key.value;
      const known = byName.get(key);
      const canonical = known?.name ?? key;
      const earlier = seen.get(canonical);
      seen.set(canonical, option);
      if (earlier !== undefined) {
        const other = earlier.key.value === key ? '' : ` (as "${earlier.key.value}")`;
        throw failure(
          '42601',
          `option "${key}" is given twice${other}`,
          option.key.span,
          'keep one of the two',
        );
      }
      if (COMMON.includes(key)) return;
      if (known !== undefined) checkValue(option, known);
      else if (spec.ignoredPrefixes?.some((p) => key.startsWith(p)) !== true) {
        const names = [...COMMON, ...byName.keys()];
        misspelt.add(byName.get(nearest(key, names) ?? '')?.name ?? '');
        throw failure(
          '22023',
          `unknown option "${key}" of ${what}`,
          option.key.span,
          didYouMean(key, names, tailHint(key, names)),
        );
      }
    });
  }
  for (const o of options) {
    if (o.required === true && !seen.has(o.name) && !misspelt.has(o.name)) {
      reporter.report(
        failure(
          '22023',
          `option "${o.name}" of ${what} is missing`,
          span,
          `add ${o.name} = '...': ${o.about}`,
        ).diagnostic,
      );
    }
  }
  if (reporter.errors > errorsBefore) throw new Abandoned();
  return toOptions(given);
}

/** Returns parsed options in the form of a plan, without checking them. */
export function toOptions(given: readonly RawOption[]): Options {
  return new Map(given.map((o) => [o.key.value, { value: o.value, span: o.span, keySpan: o.key.span }]));
}

/**
 * Returns the hint for an option whose last part is that of a known option, such as `bootstrap.server` for
 * `properties.bootstrap.server`; otherwise lists the options.
 */
function tailHint(key: string, names: readonly string[]): string {
  const last = key.slice(key.lastIndexOf('.') + 1);
  const found =
    names.find((n) => n.endsWith(`.${key}`)) ?? names.find((n) => n.includes('.') && n.endsWith(`.${last}`));
  return found === undefined
    ? `the options are ${names.filter((n) => !n.startsWith('properties.')).join(', ')}`
    : `did you mean "${found}"?`;
}

function checkValue(option: RawOption, spec: OptionSpec): void {
  const { value, span } = option;
  const name = option.key.value;
  if (spec.isLater === true) throw unsupported(`option "${name}"`, option.key.span, 'remove it');
  if (value === '' && spec.emptyIsNone === true) return;
  if (value.trim() === '' && spec.required === true)
    throw failure('22023', `option "${name}" is empty`, span, `set it to ${spec.about}`);
  if (spec.laterValues?.includes(value.toLowerCase()) === true) {
    const words = spec.value.kind === 'one of' ? spec.value.values : [];
    const ready = words.filter((word) => spec.laterValues?.includes(word) !== true);
    const hint = `use ${ready.map((v) => `'${v}'`).join(' or ')}`;
    throw unsupported(`${name} = '${value}'`, span, hint);
  }
  const fault = faultOf(spec.value, value);
  if (fault === undefined) return;
  throw failure('22023', `option "${name}" ${fault.message}`, span, fault.hint ?? wordHint(value, spec));
}

/** Returns a hint for a wrong word: the word that is probably meant, or else the default. */
function wordHint(value: string, { value: wanted, default: word }: OptionSpec): string | undefined {
  if (wanted.kind !== 'one of') return undefined;
  return didYouMean(value, wanted.values, word === undefined ? undefined : `omit it to use '${word}'`);
}

/**
 * Returns the connector that a WITH clause names; undefined if it names none. `later` holds the connectors that are not
 * supported yet, each with a hint or undefined. `what` is `source` or `sink`. Throws SqlFailure for any other name.
 */
export function findConnector<C>(
  given: readonly RawOption[],
  known: ReadonlyMap<string, C>,
  later: ReadonlyMap<string, string | undefined>,
  what: string,
): C | undefined {
  const option = given.find((o) => o.key.value === 'connector');
  if (option === undefined) return undefined;
  const name = option.value.toLowerCase();
  const found = known.get(name);
  if (found !== undefined) return found;
  if (later.has(name)) {
    const hint = later.get(name) ?? `the supported connectors are ${[...known.keys()].join(', ')}`;
    throw unsupported(`${what} connector '${name}'`, option.span, hint);
  }
  throw failure(
    '22023',
    `there is no ${what} connector '${option.value}'`,
    option.span,
    didYouMean(name, known.keys(), `the connectors are ${[...known.keys()].join(', ')}`),
  );
}
