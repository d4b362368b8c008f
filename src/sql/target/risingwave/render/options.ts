import type { RawOption } from '../../../ddl/statement.ts';
import type { RenderOptions } from '../../render-options.ts';
import type { StatementEdits } from './statement-edits.ts';

/** Options that came with version 3.0. */
const NEW: ReadonlySet<string> = new Set([
  'dynamodb.batch_write_retry_times',
  'dynamodb.batch_write_retry_backoff_ms',
]);

/** Names of options that RisingWave has under another name only. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['properties.sasl.mechanisms', 'properties.sasl.mechanism'],
]);

/** Options whose values nobody may read. */
const SECRETS: ReadonlySet<string> = new Set([
  'access_key',
  'aws.credentials.access_key_id',
  'secret_key',
  'aws.credentials.secret_access_key',
  'session_token',
  'aws.credentials.session_token',
  'properties.sasl.password',
  'properties.ssl.key.password',
  'properties.ssl.key.pem',
]);

function isSecret(option: RawOption): boolean {
  return SECRETS.has(option.key.value);
}

/** Removes the options that RisingWave does not have, in `unknown`, and those that an empty value leaves out. */
export function renderOptions(
  options: readonly RawOption[],
  unknown: readonly RawOption[],
  edits: StatementEdits,
  render: RenderOptions,
): void {
  const isNew = ({ key }: RawOption): boolean => render.version === '2.8' && NEW.has(key.value);
  const gone = options.filter((o) => (unknown.includes(o) && !RENAMED.has(o.key.value)) || isNew(o));
  for (const option of options) {
    const original = edits.edits.original.slice(option.span.start, option.span.end);
    const name = RENAMED.get(option.key.value);
    if (name !== undefined) edits.edits.replace(option.key.span.start, option.key.span.end, name);
    if (gone.includes(option)) edits.removeOption(option);
    else if (option.value === '' && !/:-\}/.test(original)) edits.removeOption(option);
    else renderValue(option, original, edits, render);
  }
  // A sort key becomes a column, which has a remark of its own.
  const names = gone.map((o) => o.key.value).filter((each) => !each.startsWith('freshet.sort_key'));
  if (names.length > 0) edits.remark(`it has no option ${names.join(', ')}.`);
}

function renderValue(
  option: RawOption,
  original: string,
  edits: StatementEdits,
  render: RenderOptions,
): void {
  const { start, end } = option.span;
  edits.edits.replace(start, end, valueOf(option, original, render));
}

/** Returns the value of an option as RisingWave takes it; `original` is how it is written. */
function valueOf(option: RawOption, original: string, { secrets }: RenderOptions): string {
  if (secrets && isSecret(option)) {
    const [, name] = /\$\{(\w+)/.exec(original) ?? [];
    return `secret ${name?.toLowerCase() ?? option.key.value.replaceAll('.', '_')}`;
  }
  // An empty default stands for a part of `freshet dev`. RisingWave needs the value.
  return original.replaceAll(':-}', '}');
}

/** Returns an option of a source that says how to reach the brokers, as an option of a sink. */
export function brokerOption(option: RawOption, original: string, render: RenderOptions): string {
  const name = option.key.value === 'kafka.brokers' ? 'properties.bootstrap.server' : option.key.value;
  return `${RENAMED.get(name) ?? name} = ${valueOf(option, original, render)}`;
}
