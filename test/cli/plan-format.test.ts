import { expect, it } from 'vitest';
import { renderViewPlan } from '../../src/cli/format/plan.ts';
import type { Expr } from '../../src/plan/expr.ts';
import type { PlanNode } from '../../src/plan/nodes.ts';
import { BIGINT, BOOLEAN, VARCHAR } from '../../src/values/types.ts';

const viewer: Expr = { kind: 'column', index: 0, name: 'viewer_id', type: BIGINT, nullable: true };
const genre: Expr = { kind: 'column', index: 1, name: 'genre', type: VARCHAR, nullable: true };
const columns = [
  { name: 'viewer_id', type: BIGINT, nullable: true },
  { name: 'genre', type: VARCHAR, nullable: true },
];
const scan = (name: string): PlanNode => ({ kind: 'scan', relation: { kind: 'source', name }, columns });

it('prints operators from the output down to the sources, with computed columns and types', () => {
  const filter: PlanNode = {
    kind: 'filter',
    input: scan('views'),
    predicate: {
      kind: 'not',
      arg: { kind: 'is_null', arg: genre, type: BOOLEAN, nullable: false },
      type: BOOLEAN,
      nullable: false,
    },
    columns,
  };
  const counted = [columns[0]!, { name: 'genres', type: BIGINT, nullable: false }];
  const aggregate: PlanNode = {
    kind: 'aggregate',
    input: { kind: 'union_all', inputs: [filter, scan('late_views')], columns },
    groupBy: [viewer],
    calls: [
      {
        name: 'count',
        args: [genre],
        distinct: true,
        filter: undefined,
        orderBy: [],
        type: BIGINT,
        nullable: false,
      },
    ],
    global: false,
    columns: counted,
  };
  const top: PlanNode = {
    kind: 'top_n',
    input: aggregate,
    partitionBy: [],
    orderBy: [{ expr: { ...viewer, name: 'genres' }, descending: true, nullsFirst: false }],
    limit: 10,
    offset: 0,
    rank: false,
    columns: counted,
  };
  const span = { file: 'a.sql', start: 0, end: 1 };
  const lines = renderViewPlan({
    kind: 'materialized view',
    name: 'busiest',
    columns: counted,
    plan: top,
    key: [0],
    keys: [],
    emitOnWindowClose: false,
    span,
  });
  expect(lines.join('\n')).toBe(
    `
materialized view busiest · key (viewer_id)
  viewer_id  BIGINT
  genres     BIGINT NOT NULL
  └─ top 10 by genres DESC NULLS LAST
     └─ aggregate by viewer_id
        │  genres  BIGINT NOT NULL  = count(DISTINCT genre)
        └─ union all
           ├─ filter genre IS NOT NULL
           │  └─ scan source views
           └─ scan source late_views`.trimStart(),
  );
});

it.each([
  ['titles', 'inner join on views.viewer_id = titles.viewer_id AND views.genre < titles.genre'],
  ['views', 'inner join on left.viewer_id = right.viewer_id AND left.genre < right.genre'],
])('names the two sides of a join with %s differently', (other, expected) => {
  const lines = renderViewPlan({
    kind: 'materialized view',
    name: 'pairs',
    columns: [...columns, ...columns],
    plan: {
      kind: 'join',
      join: 'inner',
      left: scan('views'),
      right: scan(other),
      leftKeys: [viewer],
      rightKeys: [viewer],
      residual: {
        kind: 'compare',
        op: '<',
        left: genre,
        right: { ...genre, index: 3 },
        type: BOOLEAN,
        nullable: true,
      },
      columns: [...columns, ...columns],
    },
    key: undefined,
    keys: [],
    emitOnWindowClose: false,
    span: { file: 'a.sql', start: 0, end: 1 },
  });
  expect(lines.find((line) => line.includes('join'))?.trim()).toBe(`└─ ${expected}`);
});
