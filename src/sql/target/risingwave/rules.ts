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
import type { TargetRule } from '../target-rule.ts';

/** Rules for what RisingWave is known to refuse. The set is incomplete: a pipeline that passes may still be refused. */
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
];
