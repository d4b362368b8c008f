import type { Batch } from '../batch.ts';
import type { Expressions } from '../operators/expressions.ts';
import type { Groups } from '../state/groups.ts';
import { EMPTY } from '../state/hash-table.ts';
import { CodeBuilder } from './builder.ts';
import { emitHash } from './group-find.ts';
import type { GroupShape } from './group-shape.ts';
import { keyAt } from './group-shape.ts';
import { emitKeyWords } from './key-words.ts';

/** Returns the slot of the group whose key is row 0 of a batch, or -1. */
export type LookupLoop = (op: Groups, B: Batch) => number;

/**
 * Compiles the lookup of a group. `keys` are the columns of a batch of keys. Irregular keys (`interned`) are excluded:
 * a lookup would give them ids.
 */
export function compileLookup(shape: GroupShape, keys: Expressions): LookupLoop {
  const b = new CodeBuilder();
  b.line('const T=op.table.entries,mask=op.table.mask,KW=op.keyWords;let bail=0;');
  const c = keys.begin(b)('0');
  const words = emitKeyWords(
    c,
    shape.keys,
    keys.exprs.map((e) => c.compile(e)),
  );
  emitHash(b, words);
  const same = words.map((word, k) => `&&KW[${keyAt(shape, 's')}+${k}]===${word}`);
  b.line(`for(let p=h&mask;;p=(p+1)&mask){const s=T[2*p+1]-1;if(s===${EMPTY - 1})return -1;`);
  b.line(`if(T[2*p]===h${same.join('')})return s;}`);
  return b.build(`lookup ${shape.id}`, ['op', 'B']);
}
