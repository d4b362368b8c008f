import { InvalidArgumentError } from 'commander';
import { LAYOUT_NAMES, type LayoutName } from '../layouts/layout-names.ts';
import { namesLike, parseRate, parseRatio } from './args.ts';

// Parsers of option values of `freshet layouts`; see args.ts.

/** Parses names of layouts, separated by commas. They come in the order of the report. */
export function parseLayouts(text: string): readonly LayoutName[] {
  const names = namesLike('domain,packed')(text);
  const unknown = names.find((name) => !LAYOUT_NAMES.includes(name as LayoutName));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `there is no layout ${unknown}; the layouts are ${LAYOUT_NAMES.join(', ')}`,
    );
  return LAYOUT_NAMES.filter((name) => names.includes(name));
}

/** Parses reads by the number of domains, such as `one=8,all=1`. Those that are left out are 0. */
export function parseReads(text: string): {
  readonly one: number;
  readonly two: number;
  readonly all: number;
} {
  const reads = { one: 0, two: 0, all: 0 };
  for (const pair of text.split(',')) {
    const match = /^\s*(one|two|all)=(.+)$/.exec(pair);
    if (match === null) throw new InvalidArgumentError('expected reads such as one=8,two=1,all=1');
    reads[match[1] as 'one'] = parseRate(match[2]!);
  }
  return reads;
}

/** Parses a ratio above 0, up to 1. */
export function parseUtilisation(text: string): number {
  const ratio = parseRatio(text);
  if (ratio < 0.01) throw new InvalidArgumentError('expected a ratio from 0.01 to 1');
  return ratio;
}
