import type { RawOption } from '../../../ddl/statement.ts';
import type { RenderOptions } from '../../render-options.ts';
import type { StatementEdits } from './statement-edits.ts';

/** Options that only Freshet has, besides all that begin with `freshet.`. */
const OWN: ReadonlySet<string> = new Set(['scan.on_lost_position']);
/** Options that came with version 3.0. */
const NEW: ReadonlySet<string> = new Set([
  'dynamodb.batch_write_retry_times',
  'dynamodb.batch_write_retry_backoff_ms',
]);

/** Returns whether RisingWave has an option. */
function isKnown({ key }: RawOption, version: RenderOptions['version']): boolean {
  const name = key.value;
  if (name.startsWith('freshet.') || OWN.has(name)) return false;
  return version !== '2.8' || !NEW.has(name);
}

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

/** Removes the options that RisingWave does not have, and those that an empty value leaves out. */
export function renderOptions(
  options: readonly RawOption[],
  edits: StatementEdits,
  render: RenderOptions,
): void {
  const gone = options.filter((o) => !isKnown(o, render.version));
  for (const option of options) {
    const original = edits.edits.original.slice(option.span.start, option.span.end);
    if (gone.includes(option)) edits.removeOption(option);
    else if (option.value === '' && !/:-\}/.test(original)) edits.removeOption(option);
    else renderValue(option, original, edits, render);
  }
  // A sort key becomes a column, which has a remark of its own.
  const names = gone.map((o) => o.key.value).filter((name) => !name.startsWith('freshet.sort_key'));
  if (names.length > 0) edits.remark(`it has no option ${names.join(', ')}.`);
}

function renderValue(
  option: RawOption,
  original: string,
  edits: StatementEdits,
  { secrets }: RenderOptions,
): void {
  const { start, end } = option.span;
  if (secrets && isSecret(option)) {
    const [, name] = /\$\{(\w+)/.exec(original) ?? [];
    edits.edits.replace(start, end, `secret ${name?.toLowerCase() ?? option.key.value.replaceAll('.', '_')}`);
    return;
  }
  // An empty default stands for a part of `freshet dev`. RisingWave needs the value.
  if (option.value === '' || /:-\}/.test(original))
    edits.edits.replace(start, end, original.replaceAll(':-}', '}'));
}
