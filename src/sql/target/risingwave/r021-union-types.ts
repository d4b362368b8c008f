import type { Span } from '../../../plan/expr.ts';
import { commonType } from '../../../values/common-type.ts';
import { VARCHAR, sameType, typeName } from '../../../values/types.ts';
import type { SqlType } from '../../../values/types.ts';
import { branchesOf } from '../../bind/set-operation.ts';
import type { WrittenBranch } from '../../bind/set-operation.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { planNodes } from './bound-plan.ts';
import { RENDERED } from './rendered.ts';

/** RisingWave finds the common types of the first two branches only, and only of plain SELECTs. */
export const UNION_TYPES: TargetRule = {
  code: 'R021',
  about: 'a branch of a UNION whose types differ from those of the branches before it',
  source:
    'RisingWave\'s src/frontend/src/binder/set_expr.rs (align_schema, validate) answers "UNION types ... cannot be matched"',
  renderable: true,
  check: ({ pipeline }) =>
    planNodes(pipeline).flatMap((node) =>
      node.kind === 'union_all'
        ? mismatches(branchesOf(node)).map(({ span, was, is }) =>
            refused(
              'R021',
              `RisingWave wants ${was} in this branch of the UNION, as in the branches before it, and not ${is}`,
              `cast it: ...::${was}; ${RENDERED}`,
              span,
            ),
          )
        : [],
    ),
};

interface Mismatch {
  readonly span: Span;
  readonly was: string;
  readonly is: string;
}

/** Returns the columns that differ from those of the UNION of the branches before. */
function mismatches(branches: readonly WrittenBranch[]): readonly Mismatch[] {
  const [first, second] = branches;
  if (first === undefined || second === undefined) return [];
  const aligned = first.isPlainSelect && second.isPlainSelect;
  return first.types.flatMap((type, i): readonly Mismatch[] => {
    const types = branches.map((b) => b.types[i]!);
    const common = aligned ? commonType(types.slice(0, 2)) : undefined;
    const wanted = asWritten(common ?? type);
    return branches.slice(aligned ? 2 : 1).flatMap(({ types: own, spans }): readonly Mismatch[] => {
      const is = asWritten(own[i]!);
      const span = spans[i];
      if (sameType(is, wanted) || span === undefined) return [];
      return [
        { span, was: typeName(wanted), is: own[i]!.kind === 'unknown' ? 'a text or NULL' : typeName(is) },
      ];
    });
  });
}

/** An untyped literal is a VARCHAR where no other branch gives it a type. */
function asWritten(type: SqlType): SqlType {
  return type.kind === 'unknown' ? VARCHAR : type;
}
