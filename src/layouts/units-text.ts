/** `12,346` */
export function countText(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** A number with three significant digits, or whole if it has more: `0.5`, `2.25`, `343`, `1,204`. */
export function numberText(value: number): string {
  return value.toLocaleString(
    'en',
    value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  );
}

/** `1,234`, `12.30`, `0.04`: dollars without the sign, whole from a hundred on. */
export function dollarsText(value: number): string {
  if (value >= 100) return countText(value);
  return value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** `0 s`, `45 s`, `9.6 min`, `2.1 h` */
export function durationText(seconds: number): string {
  if (seconds < 1) return seconds === 0 ? '0 s' : '< 1 s';
  if (seconds < 90) return `${numberText(seconds)} s`;
  return seconds < 5400 ? `${numberText(seconds / 60)} min` : `${numberText(seconds / 3600)} h`;
}
