/** JSON with bigints as numbers. */
export function eventJson(event: object): string {
  const bigints: string[] = [];
  const text = JSON.stringify(event, (_, value: unknown) => {
    if (typeof value !== 'bigint') return value;
    bigints.push(value.toString());
    return `\u0000${bigints.length - 1}\u0000`;
  });
  return text.replace(/"\\u0000(\d+)\\u0000"/g, (_, i: string) => bigints[Number(i)]!);
}
