import type { Item, Value } from '../value.ts';
import type { ExpressionReader } from './expression-reader.ts';
import { checkCollisions } from './path-collisions.ts';
import { child, type Path } from './path.ts';

/** Parses `a, b.c, d[0]`. Throws ValidationException. */
export function parseProjection(reader: ExpressionReader): readonly Path[] {
  const paths = [reader.path()];
  while (reader.accept(',')) paths.push(reader.path());
  reader.expectEnd();
  checkCollisions(reader, paths);
  return paths;
}

/** Returns the values at the paths, with the containers around them. Lists keep their order, without gaps. */
export function project(item: Item, paths: readonly Path[]): Item {
  const found = pick({ type: 'M', value: item }, paths);
  return found?.type === 'M' ? found.value : new Map();
}

function pick(value: Value, paths: readonly (readonly (string | number)[])[]): Value | undefined {
  if (paths.some((path) => path.length === 0)) return value;
  const steps = new Map<string | number, (readonly (string | number)[])[]>();
  for (const [step, ...rest] of paths) {
    const same = steps.get(step!);
    if (same === undefined) steps.set(step!, [rest]);
    else same.push(rest);
  }
  const picked = [...steps].flatMap(([step, rests]): [string | number, Value][] => {
    const inner = child(value, step);
    const part = inner === undefined ? undefined : pick(inner, rests);
    return part === undefined ? [] : [[step, part]];
  });
  if (picked.length === 0) return undefined;
  if (value.type === 'L') {
    const inOrder = picked.toSorted(([a], [b]) => (a as number) - (b as number));
    return { type: 'L', value: inOrder.map(([, part]) => part) };
  }
  return { type: 'M', value: new Map(picked as [string, Value][]) };
}
