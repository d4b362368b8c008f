import { isNullable, type RegexpNode } from './regexp-parse.ts';

interface Cost {
  /** Upper bound of the steps to try every way to match from one position. */
  readonly steps: number;
  /** Upper bound of the ways to match from one position. */
  readonly ways: number;
}

const ONE: Cost = { steps: 1, ways: 1 };

/** Returns the cost of `count` repetitions in a row. Their ways multiply. */
function times({ steps, ways }: Cost, count: number): Cost {
  if (ways <= 1) return { steps: steps * count, ways };
  const all = ways ** count;
  return { steps: (steps * (all - 1)) / (ways - 1), ways: all };
}

/** Returns the cost of `min` to `max` repetitions, of which `tried` are tried: one more than match, which fails. */
function between(body: Cost, min: number, max: number, tried: number): Cost {
  const choices = body.ways <= 1 ? max - min + 1 : times(body, max).ways * 2;
  return { steps: times(body, tried).steps + 1, ways: choices };
}

function costOf(node: RegexpNode, length: number): Cost {
  switch (node.kind) {
    case 'set':
    case 'start':
    case 'end':
      return ONE;
    case 'back':
      return { steps: length + 1, ways: 1 };
    case 'sequence':
      return node.items.reduce<Cost>(
        (before, item) => {
          const next = costOf(item, length);
          return { steps: before.steps + before.ways * next.steps, ways: before.ways * next.ways };
        },
        { steps: 0, ways: 1 },
      );
    case 'choice':
      return node.items
        .map((item) => costOf(item, length))
        .reduce((a, b) => ({ steps: a.steps + b.steps, ways: a.ways + b.ways }));
    case 'group':
      return costOf(node.body, length);
    case 'look': {
      const { steps, ways } = costOf(node.body, length);
      return { steps: steps + 1, ways: node.negative ? 1 : Math.min(1, ways) };
    }
    case 'repeat': {
      const body = costOf(node.body, length);
      // The two engines may then find different ways first (regexp-matcher.ts), so one runs at every text length.
      if (node.max === Infinity && body.ways > 1 && isNullable(node.body)) {
        return { steps: Infinity, ways: Infinity };
      }
      // Beyond `min`, each repetition takes at least one character.
      const max = Math.min(node.max, node.min + length);
      return between(body, node.min, max, Math.min(node.max, max + 1));
    }
  }
}

/**
 * Returns an upper bound of the steps that a backtracking engine takes to find every match in a text of `length`
 * characters. Nested repetitions can take exponentially many; the bound can be Infinity.
 */
export function backtrackingSteps(root: RegexpNode, length: number): number {
  const { steps } = costOf(root, length);
  const isAnchored = root.kind === 'sequence' && root.items[0]?.kind === 'start';
  const total = isAnchored ? steps + length : steps * (length + 1);
  return Number.isNaN(total) ? Infinity : total;
}
