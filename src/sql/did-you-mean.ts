/**
 * Returns the candidate that a misspelt name most likely means: the nearest by edit distance (a swap of neighbours
 * counts as one edit), if it is near enough to be a misspelling; otherwise undefined.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  // Every other name of one letter is one edit away: there is nothing to guess from.
  const limit = wanted.length < 2 ? 0 : Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Returns `did you mean "x"?` for the nearest candidate, or `otherwise` if none is near. */
export function didYouMean(
  name: string,
  candidates: Iterable<string>,
  otherwise?: string | undefined,
): string | undefined {
  const found = nearest(name, candidates);
  return found === undefined ? otherwise : `did you mean "${found}"?`;
}

/** Returns the optimal string alignment distance, or `atLeast` as soon as the distance cannot be smaller. */
function editDistance(a: string, b: string, atLeast: number): number {
  if (Math.abs(a.length - b.length) >= atLeast) return atLeast;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row.push(cost);
      if (cost < smallest) smallest = cost;
    }
    if (smallest >= atLeast) return atLeast;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
