import { failure } from '../failure.ts';
import type { Cursor } from '../text/cursor.ts';
import { foldCase } from '../text/tokens.ts';
import type { Token } from '../text/tokens.ts';
import type { FormatClause, RawOption } from './statement.ts';

/** Consumes `( dotted.key = 'value', ... )` after WITH or ENCODE. As in RisingWave, a comma may end the list. */
export function parseOptions(c: Cursor): RawOption[] {
  c.expectSymbol('(');
  const options: RawOption[] = [];
  if (c.acceptSymbol(')')) return options;
  do {
    options.push(parseOption(c));
  } while (c.acceptSymbol(',') && !c.isSymbol(')'));
  if (!c.isSymbol(')')) throw c.unexpected('"," or ")"');
  c.expectSymbol(')');
  return options;
}

/** Consumes the first part of an option's name: a word, or a name in single or double quotes. */
function optionName(c: Cursor): string {
  const quoted = c.peek();
  if (quoted?.kind !== 'string') return c.word('an option name').value;
  c.seek(c.position + 1);
  return quoted.value;
}

function parseOption(c: Cursor): RawOption {
  const first = c.peek();
  let key = optionName(c);
  while (c.acceptSymbol('.')) key += `.${c.word('the rest of the option name').value}`;
  const last = c.peek(-1);
  if (first === undefined || last === undefined) throw c.unexpected('an option');
  if (!c.isSymbol('=')) throw c.unexpected('"="', `write ${key} = 'value'`);
  c.expectSymbol('=');
  const from = c.peek();
  const negative = c.acceptSymbol('-');
  const value = c.peek();
  if (value?.kind === 'word' && value.value === 'secret') {
    throw failure(
      '0A000',
      'secrets are not supported yet',
      c.here,
      `use an environment variable: '\${NAME}'`,
    );
  }
  if (
    from === undefined ||
    value === undefined ||
    value.kind === 'symbol' ||
    isNull(c, value) ||
    (negative && value.kind !== 'number')
  ) {
    throw c.unexpected('a value', `write ${key} = 'value'`);
  }
  c.seek(c.position + 1);
  return {
    key: { value: foldCase(key), span: c.spanOf(first, last) },
    value: (negative ? '-' : '') + value.value,
    span: c.spanOf(from, value),
  };
}

/** NULL is no value of an option. The NULL of an unset variable passes, since the variable has been reported. */
function isNull(c: Cursor, token: Token): boolean {
  return token.kind === 'word' && token.value === 'null' && !c.source.hasBareHole(token.start, token.end);
}

/** Consumes `FORMAT f ENCODE e [(options)] [KEY ENCODE k]` if it comes next; otherwise returns undefined. */
export function parseFormat(c: Cursor): FormatClause | undefined {
  const first = c.peek();
  if (first === undefined || !c.accept('format')) return undefined;
  const format = c.word('a format such as PLAIN');
  if (!c.isWord('encode')) throw c.unexpected('ENCODE', 'write both: FORMAT PLAIN ENCODE JSON');
  c.expect('encode');
  const encode = c.word('an encoding such as JSON');
  const options = c.isSymbol('(') ? parseOptions(c) : [];
  const keyEncode = c.accept('key', 'encode') ? c.word('an encoding such as TEXT') : undefined;
  return { format, encode, options, keyEncode, span: c.spanOf(first, c.peek(-1)) };
}
