import type { Positions } from './source.ts';

/** Split to offset, for sources where both are numbers: Kafka, local topics, files. */
export type NumberedPositions = ReadonlyMap<number, number>;

export function toNumbers(positions: Positions): Map<number, number> {
  return new Map([...positions].map(([split, offset]) => [Number(split), Number(offset)]));
}

export function toPositions(numbers: NumberedPositions): Positions {
  return new Map([...numbers].map(([split, offset]) => [String(split), String(offset)]));
}
