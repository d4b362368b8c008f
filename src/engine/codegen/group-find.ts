import { EMPTY } from '../state/hash-table.ts';
import type { CodeBuilder } from './builder.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { GroupShape } from './group-shape.ts';
import { keyAt } from './group-shape.ts';
import { emitKeyWords } from './key-words.ts';

const HASH = '0x9e3779b1';

/** Doubles per cache line. */
const LINE = 8;

/**
 * The loops that bring each row of batch `B` to its group's slot in RS: the key's words and hash; reads of what
 * the probe will meet, only to have it in the cache; the probe, which inserts groups that are new.
 *
 * `keys` emits what comes before the words (predicate, keys) and gives the keys; a row without a group is left
 * by `RS[i]=-1;continue;`, one to be put aside by the code `aside`.
 */
export function emitFindGroups(
  b: CodeBuilder,
  shape: GroupShape,
  aside: string,
  keys: () => { c: ExprCompiler; regs: Parameters<typeof emitKeyWords>[2] },
): void {
  b.line('const RH=op.rows.hashes,RK=op.rows.keys;let touched=0;');
  b.line('for(let i=0;i<n;i++){let bail=0;');
  const { c, regs } = keys();
  const bailed = c.canBail;
  const words = emitKeyWords(c, shape.keys, regs);
  if (c.canBail && !bailed) b.line(aside);
  b.line('let h=0x811c9dc5|0;');
  for (const word of words) b.line(`h=Math.imul(h^${word},${HASH});h^=h>>>15;`);
  const count = words.length;
  b.line(`RS[i]=0;RH[i]=h;${words.map((word, k) => `RK[i*${count}+${k}]=${word};`).join('')}`);
  b.line('touched+=T[2*(h&mask)+1];}');

  b.line('for(let i=0;i<n;i++){if(RS[i]<0)continue;');
  b.line(`let s=T[2*(RH[i]&mask)+1]-1;if(s<0)s=0;${touchGroup(shape, 's')}}`);
  b.line('op.rows.touched=touched;');

  b.line('let last=-1,lastHash=0;');
  b.line('for(let i=0;i<n;i++){if(RS[i]<0)continue;const h=RH[i];');
  const own = words.map((_, k) => `RK[i*${count}+${k}]`);
  const same = (slot: string): string =>
    own.map((word, k) => `KW[${keyAt(shape, slot)}+${k}]===${word}`).join('&&') || 'true';
  // Rows of one group often come together: an old version and the new one, one viewer's events.
  b.line(`let s=last;if(last<0||lastHash!==h||!(${same('last')})){`);
  b.line('let p=h&mask;for(;;){s=T[2*p+1]-1;');
  b.line(`if(s===${EMPTY - 1}){s=op.newSlot(h);T[2*p]=h;T[2*p+1]=s+1;`);
  own.forEach((word, k) => b.line(`KW[${keyAt(shape, 's')}+${k}]=${word};`));
  b.line(`break;}if(T[2*p]===h&&${same('s')})break;p=(p+1)&mask;}last=s;lastHash=h;}`);
  b.line('RS[i]=s;}');
}

/** Reads of a group's memory, one per cache line, into `touched`. */
function touchGroup({ layout }: GroupShape, slot: string): string {
  const lines = Array.from(
    { length: Math.ceil(layout.size / LINE) },
    (_, k) => `F[${slot}*${layout.size}+${k * LINE}]`,
  );
  return `touched+=${lines.join('+')};`;
}
