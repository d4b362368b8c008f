import type { JsonReader } from './reader.ts';

/**
 * Reads an object at the reader's position. Calls `onMember` with each key after its value has been read, so that the
 * reader holds the value. `depth` is the number of containers around the object. Returns false if the reader has set
 * its fault.
 */
export function readMembers(reader: JsonReader, depth: number, onMember: (key: string) => void): boolean {
  if (!reader.take(123, 'an object')) return false;
  if (reader.peek() === 125) {
    reader.pos++;
    return true;
  }
  for (;;) {
    if (!reader.key()) return false;
    const key = reader.text();
    if (!reader.take(58, '":"') || !reader.value(depth + 1)) return false;
    onMember(key);
    if (reader.peek() === 125) {
      reader.pos++;
      return true;
    }
    if (!reader.take(44, '"," or "}"')) return false;
  }
}
