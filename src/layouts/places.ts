const HEAD_CHARS = 6;

/** Returns the part of an item's place that all items of its partition have in common (table-definition.ts). */
export function partitionOf(place: string): string {
  return place.slice(0, HEAD_CHARS + place.charCodeAt(4) * 256 + place.charCodeAt(5));
}
