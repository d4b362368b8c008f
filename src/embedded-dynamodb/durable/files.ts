/** `log`: appends from a point on. `snapshot`: all that the logs of lower numbers lead to. */
export type FileKind = 'log' | 'snapshot';

const NAME = /^store-(\d{8,})\.(log|snapshot)$/;

export interface StoreFile {
  readonly kind: FileKind;
  readonly number: number;
  readonly name: string;
}

export function fileName(kind: FileKind, number: number): string {
  return `store-${String(number).padStart(8, '0')}.${kind}`;
}

/** Of a folder's names, the store's own, by number. */
export function storeFiles(names: readonly string[]): readonly StoreFile[] {
  return names
    .flatMap((name): StoreFile[] => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ kind: match[2] as FileKind, number: Number(match[1]), name }];
    })
    .sort((a, b) => a.number - b.number);
}
