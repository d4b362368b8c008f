/** `1 error`, `2 errors`, `0 errors`. */
export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `12,345` */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString('en');
}
