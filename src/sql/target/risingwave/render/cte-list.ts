import type { Slice } from '../../../text/slice.ts';
import type { TextEdits } from '../../../text/text-edits.ts';
import type { NameSet } from './name-set.ts';
import { wrap } from './wrap.ts';

/** Where new CTEs of a query can stand. */
export type CtePlace =
  /** In front of the query, which has no WITH: `at` is its first token. */
  | { readonly kind: 'query'; readonly at: number }
  /** In front of a CTE, whose name is the token `at`. */
  | { readonly kind: 'cte'; readonly at: number }
  /** Behind the last CTE of a WITH, which ends at the token `at`. */
  | { readonly kind: 'end'; readonly at: number };

/** Collects new CTEs of one query by place, and writes them into its text. */
export class CteList {
  readonly #slice: Slice;
  readonly #names: NameSet;
  readonly #byPlace = new Map<string, { readonly place: CtePlace; readonly ctes: string[] }>();

  constructor(slice: Slice, names: NameSet) {
    this.#slice = slice;
    this.#names = names;
  }

  newName(wish: string): string {
    return this.#names.fresh(wish);
  }

  /** Adds a CTE behind those added to the same place before. `body` is indented by four blanks a line; an empty comment is none. */
  add(
    place: CtePlace,
    cte: { readonly name: string; readonly comment: string; readonly body: string },
  ): void {
    const key = `${place.kind} ${place.at}`;
    let found = this.#byPlace.get(key);
    if (found === undefined) this.#byPlace.set(key, (found = { place, ctes: [] }));
    const lines = cte.comment === '' ? [] : wrap(cte.comment);
    const comment = lines.map((line) => `-- ${line}\n`).join('');
    found.ctes.push(`${comment}${cte.name} AS (\n${cte.body}\n)`);
  }

  /** Writes the CTEs into the text. */
  write(edits: TextEdits): void {
    const { tokens, source } = this.#slice;
    for (const { place, ctes } of this.#byPlace.values()) {
      const list = ctes.join(',\n');
      if (place.kind === 'end') {
        edits.insertAfter(source.span(tokens[place.at]!.start, tokens[place.at]!.end).end, `,\n${list}`);
      } else if (place.kind === 'query') {
        edits.insertBefore(
          source.span(tokens[place.at]!.start, tokens[place.at]!.end).start,
          `WITH${list.startsWith('--') ? '\n' : ' '}${list}\n`,
        );
      } else {
        // Between the comma or WITH before the CTE and the comments that belong to it.
        const before = tokens[place.at - 1]!;
        const at = source.span(before.start, before.end).end;
        const gap = /^\s*/.exec(edits.original.slice(at))![0];
        edits.replace(
          at,
          at + gap.length,
          `${before.raw === ',' || list.startsWith('--') ? '\n' : ' '}${list},\n`,
        );
      }
    }
  }
}
