import { invalid } from '../api-error.ts';
import { isOrdered, sortable, type OrderedValue } from '../compare.ts';
import { END } from '../sorted-items.ts';
import { partitionPlace, type KeyAttribute, type TableDefinition } from '../table-definition.ts';
import type { Condition, Operand } from './condition.ts';

/** Range of places that a query reads: `from <= place < to`. */
export interface KeyRange {
  readonly partitionKey: OrderedValue;
  readonly from: string;
  readonly to: string;
}

/** Returns the range of a key condition in a partition. Throws ValidationException for a condition of another form. */
export function keyRange(table: TableDefinition, condition: Condition): KeyRange {
  const parts = conjuncts(condition);
  const partition = parts.filter((part) => attributeOf(part) === table.partitionKey.name);
  if (partition.length === 0) {
    throw invalid(`Query condition missed key schema element: ${table.partitionKey.name}`);
  }
  const others = parts.filter((part) => !partition.includes(part));
  const sort = others[0];
  if (parts.length > 2) throw invalid('Conditions can be of length 1 or 2 only');
  if (partition.length > 1) {
    throw invalid('KeyConditionExpressions must only contain one condition per key');
  }
  if (sort !== undefined && attributeOf(sort) !== table.sortKey?.name) {
    throw invalid(
      table.sortKey === undefined
        ? 'Query key condition not supported'
        : `Query condition missed key schema element: ${table.sortKey.name}`,
    );
  }
  const [first] = partition;
  if (first?.kind !== 'compare' || first.comparator !== '=')
    throw invalid('Query key condition not supported');
  const partitionKey = keyValue(table.partitionKey, first.left.kind === 'value' ? first.left : first.right);
  const place = partitionPlace(partitionKey);
  if (sort === undefined) return { partitionKey, from: place, to: place + END };
  const [from, to] = sortRange(table.sortKey!, sort);
  return { partitionKey, from: place + from, to: place + to };
}

function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'and'
    ? [...conjuncts(condition.left), ...conjuncts(condition.right)]
    : [condition];
}

/** Returns the attribute that a condition tests; undefined for a condition of another form. */
function attributeOf(condition: Condition): string | undefined {
  switch (condition.kind) {
    case 'compare': {
      const operand = condition.left.kind === 'value' ? condition.right : condition.left;
      return attribute(operand);
    }
    case 'between':
    case 'begins_with':
      return attribute(condition.operand);
    case 'or':
      throw invalid('Invalid operator used in KeyConditionExpression: OR');
    case 'not':
      throw invalid('Invalid operator used in KeyConditionExpression: NOT');
    case 'in':
      throw invalid('Invalid operator used in KeyConditionExpression: IN');
    default:
      throw invalid(`Invalid operator used in KeyConditionExpression: ${condition.kind}`);
  }
}

function attribute(operand: Operand): string {
  if (operand.kind !== 'path') {
    throw invalid('Invalid condition in KeyConditionExpression: no key attribute is compared');
  }
  if (operand.path.length > 1) {
    throw invalid(
      'Key attributes must be scalars; list random access and map lookup are not allowed in KeyConditionExpression',
    );
  }
  return operand.path[0];
}

function keyValue({ name, type }: KeyAttribute, operand: Operand): OrderedValue {
  if (operand.kind !== 'value') {
    throw invalid('Invalid condition in KeyConditionExpression: a key is compared with values only');
  }
  const { value } = operand;
  if (!isOrdered(value) || value.type !== type) {
    throw invalid(
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    );
  }
  if (value.type !== 'N' && value.value.length === 0) {
    throw invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ' +
        `${value.type === 'S' ? 'string' : 'binary'} value. Key: ${name}`,
    );
  }
  return value;
}

function sortRange(key: KeyAttribute, condition: Condition): readonly [from: string, to: string] {
  // Appending character 0 gives the smallest text greater than x.
  const behind = (text: string): string => `${text}\u0000`;
  switch (condition.kind) {
    case 'between':
      return [sortable(keyValue(key, condition.low)), behind(sortable(keyValue(key, condition.high)))];
    case 'begins_with': {
      const prefix = sortable(keyValue(key, condition.part));
      return [prefix, prefix + END];
    }
    case 'compare': {
      const isTurned = condition.left.kind === 'value';
      const value = sortable(keyValue(key, isTurned ? condition.left : condition.right));
      switch (isTurned ? TURNED[condition.comparator] : condition.comparator) {
        case '=':
          return [value, behind(value)];
        case '<':
          return ['', value];
        case '<=':
          return ['', behind(value)];
        case '>':
          return [behind(value), END];
        case '>=':
          return [value, END];
        default:
          throw invalid('Unsupported operator on KeyCondition: operator: <>');
      }
    }
    default:
      throw invalid('Query key condition not supported');
  }
}

const TURNED = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
