import { EMPTY } from '../state/hash-table.ts';
import type { CodeBuilder } from './builder.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { GroupShape } from './group-shape.ts';
import { keyAt } from './group-shape.ts';
import { emitKeyWords } from './key-words.ts';
import type { Reg } from './reg.ts';

const HASH = '0x9e3779b1';

/** Emits variable `h`, the hash of a key's words. */
export function emitHash(b: CodeBuilder, words: readonly string[]): void {
  b.line('let h=0x811c9dc5|0;');
  for (const word of words) b.line(`h=Math.imul(h^${word},${HASH});h^=h>>>15;`);
}

/**
 * Emits the loop that writes the slot of each row's group into RS: key words, hash, probe. New groups are inserted.
 *
 * `keys` emits the predicate and the keys of a row and returns the keys. It skips a row without a group with
 * `RS[i]=-1;continue;`. The code `defer` defers a row if `bail` is set.
 */
export function emitFindGroups(
  b: CodeBuilder,
  shape: GroupShape,
  defer: string,
  keys: () => { c: ExprCompiler; regs: readonly Reg[] },
): void {
  b.line('for(let i=0;i<n;i++){let bail=0;');
  const { c, regs } = keys();
  // Deferred before the words are computed: irregular values call functions, which must not see garbage.
  if (c.canBail) b.line(defer);
  const words = emitKeyWords(c, shape.keys, regs);
  emitHash(b, words);
  const key = keyAt(shape, 's');
  b.line('let s=0,p=h&mask;for(;;){s=T[2*p+1]-1;');
  b.line(`if(s===${EMPTY - 1}){s=op.newSlot();T[2*p]=h;T[2*p+1]=s+1;`);
  b.line(`${words.map((word, k) => `KW[${key}+${k}]=${word};`).join('')}break;}`);
  const same = words.map((word, k) => `&&KW[${key}+${k}]===${word}`);
  b.line(`if(T[2*p]===h${same.join('')})break;p=(p+1)&mask;}RS[i]=s;}`);
}
