import { DATE_TRUNC_UNIT } from './r001-date-trunc-unit.ts';
import { ARRAY_DIMENSION } from './r002-array-dimension.ts';
import { COLUMN_LIST } from './r003-column-list.ts';
import { SOURCE_NOT_NULL } from './r004-source-not-null.ts';
import { ORDER_OVER_UNION } from './r005-order-over-union.ts';
import { CURRENT_DATE } from './r006-current-date.ts';
import { CLOCK_PLACE } from './r007-clock-place.ts';
import { CLOCK_FORM } from './r008-clock-form.ts';
import { SORT_KEY_OPTION } from './r009-sort-key-option.ts';
import { CLOCK_SIDE } from './r010-clock-side.ts';
import { CLOCK_IN_OR } from './r011-clock-in-or.ts';
import { SOURCE_OPTION } from './r012-source-option.ts';
import { SINK_CONNECTOR } from './r013-sink-connector.ts';
import { UNREAD_SYNTAX } from './r014-unread-syntax.ts';
import { CLAUSE_ORDER } from './r015-clause-order.ts';
import { RESERVED_WORD } from './r016-reserved-word.ts';
import { MISSING_FUNCTION } from './r017-missing-function.ts';
import { EXTRACT_FIELD } from './r018-extract-field.ts';
import { JSONB_KEY } from './r019-jsonb-key.ts';
import { SINGLE_ROW_JOIN } from './r020-single-row-join.ts';
import { UNION_TYPES } from './r021-union-types.ts';
import { COLUMN_NAME } from './r022-column-name.ts';
import { RESERVED_COLUMN } from './r023-reserved-column.ts';
import { SINK_OPTION } from './r024-sink-option.ts';
import { DYNAMODB_LICENCE } from './r025-dynamodb-licence.ts';
import { LATEST_IN_RISINGWAVE } from './r026-latest-start.ts';
import { TIME_TEMPLATE } from './r027-time-template.ts';
import { TEXT_OF_VALUE } from './r028-text-of-value.ts';
import { ORDER_OF_ELEMENTS } from './r029-order-of-elements.ts';
import { EMPTIED_SUM } from './r030-emptied-sum.ts';
import { REGULAR_EXPRESSION } from './r031-regular-expression.ts';
import { LOCAL_FILES } from './r032-local-files.ts';
import { TABLE_KEY } from './r033-table-key.ts';
import { DISTINCT_ARGUMENT } from './r034-distinct-argument.ts';
import { INEXACT_DIGITS } from './r035-inexact-digits.ts';
import { SOURCE_FORMAT } from './r036-source-format.ts';
import { RANK_OF_ALL } from './r037-rank-of-all.ts';
import { TIME_LITERAL } from './r038-time-literal.ts';
import { TIME_ZONE } from './r039-time-zone.ts';
import { REQUIRED_OPTION } from './r040-required-option.ts';
import { SINK_TYPE } from './r041-sink-type.ts';
import { OTHER_ANSWER } from './r042-other-answer.ts';
import { ARRAY_OVERLAP } from './r043-array-overlap.ts';
import { SINK_LAYOUT } from './r044-sink-layout.ts';
import type { TargetRule } from '../target-rule.ts';

/**
 * Rules for what RisingWave is known to refuse or to answer differently. A pipeline that passes may still be refused.
 */
export const RISINGWAVE_RULES: readonly TargetRule[] = [
  DATE_TRUNC_UNIT,
  ARRAY_DIMENSION,
  COLUMN_LIST,
  SOURCE_NOT_NULL,
  ORDER_OVER_UNION,
  CURRENT_DATE,
  CLOCK_PLACE,
  CLOCK_FORM,
  SORT_KEY_OPTION,
  CLOCK_SIDE,
  CLOCK_IN_OR,
  SOURCE_OPTION,
  SINK_CONNECTOR,
  UNREAD_SYNTAX,
  CLAUSE_ORDER,
  RESERVED_WORD,
  MISSING_FUNCTION,
  EXTRACT_FIELD,
  JSONB_KEY,
  SINGLE_ROW_JOIN,
  UNION_TYPES,
  COLUMN_NAME,
  RESERVED_COLUMN,
  SINK_OPTION,
  DYNAMODB_LICENCE,
  LATEST_IN_RISINGWAVE,
  TIME_TEMPLATE,
  TEXT_OF_VALUE,
  ORDER_OF_ELEMENTS,
  EMPTIED_SUM,
  REGULAR_EXPRESSION,
  LOCAL_FILES,
  TABLE_KEY,
  DISTINCT_ARGUMENT,
  INEXACT_DIGITS,
  SOURCE_FORMAT,
  RANK_OF_ALL,
  TIME_LITERAL,
  TIME_ZONE,
  REQUIRED_OPTION,
  SINK_TYPE,
  OTHER_ANSWER,
  ARRAY_OVERLAP,
  SINK_LAYOUT,
];
