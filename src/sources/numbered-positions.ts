import type { Positions } from './source.ts';

/** Positions as a source whose splits and offsets are numbers has them: of Kafka, a local topic, files. */
export type NumberedPositions = ReadonlyMap<number, number>;

export function toNumbers(positions: Positions): Map<number, number> {
  return new Map([...positions].map(([split, offset]) => [Number(split), Number(offset)]));
}

export function toPositions(numbers: NumberedPositions): Positions {
  return new Map([...numbers].map(([split, offset]) => [String(split), String(offset)]));
}
