import { readProjectFile } from '../../house/files.ts';

/** A shell block of a page, with the output that the page shows right after it, if it shows any. */
export interface Step {
  readonly commands: string;
  /** `text`: lines that the output has among others; `json`: a document whose members the output has among others. */
  readonly shown?: { readonly kind: 'text' | 'json'; readonly text: string };
}

/** Returns the shell blocks of a Markdown file, in their order. */
export function stepsOf(path: string): readonly Step[] {
  const blocks = [...readProjectFile(path).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, kind, commands], i) => {
    if (kind !== 'sh') return [];
    const [, next, text] = blocks[i + 1] ?? [];
    const isOutput = next === 'text' || next === 'json';
    return [{ commands: commands!, ...(isOutput ? { shown: { kind: next, text: text! } } : {}) }];
  });
}
