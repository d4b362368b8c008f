import type { Item, Value } from '../value.ts';

/** Path of a value in an item: an attribute's name, then names in maps and indexes in lists. */
export type Path = readonly [name: string, ...steps: (string | number)[]];

/** Returns the value at a path; undefined if there is none. */
export function valueAt(item: Item, [name, ...steps]: Path): Value | undefined {
  let value = item.get(name);
  for (const step of steps) {
    if (value === undefined) return undefined;
    value = child(value, step);
  }
  return value;
}

export function child(value: Value, step: string | number): Value | undefined {
  if (typeof step === 'number') return value.type === 'L' ? value.value[step] : undefined;
  return value.type === 'M' ? value.value.get(step) : undefined;
}

export function pathText([name, ...steps]: Path): string {
  const rest = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `, ${step}`)).join('');
  return `[${name}${rest}]`;
}

/** Returns how two paths collide (see path-collisions.ts); undefined if they do not. */
export function collision(a: Path, b: Path): 'overlap' | 'conflict' | undefined {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (typeof a[i] !== typeof b[i]) return 'conflict';
    if (a[i] !== b[i]) return undefined;
  }
  return 'overlap';
}
