/** A `log` holds appends. A `snapshot` holds the state after all logs with lower numbers. */
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

/** Returns the store's files among a folder's names, ordered by number. */
export function storeFiles(names: readonly string[]): readonly StoreFile[] {
  return names
    .flatMap((name): StoreFile[] => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ kind: match[2] as FileKind, number: Number(match[1]), name }];
    })
    .sort((a, b) => a.number - b.number);
}
