import type { SinkDef } from '../../../plan/pipeline.ts';
import { refused } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';

/** RisingWave compares the key of each sink with the key of the table, of which a table has one. */
export const TABLE_KEY: TargetRule = {
  code: 'R033',
  about: 'two DynamoDB sinks with different keys on one table',
  source:
    'RisingWave\'s src/connector/src/sink/dynamodb.rs and e2e_test/sink/dynamodb_sink.slt: "DynamoDB table ... primary key [...] must match RisingWave primary key [...]"',
  renderable: false,
  check(input) {
    const sinks = input.pipeline.sinks.filter((s) => s.connector === 'dynamodb');
    return sinks.flatMap((sink, i) => {
      const earlier = sinks.slice(0, i).find((s) => tableOf(s) === tableOf(sink));
      if (earlier === undefined) return [];
      const [key, other] = [keyOf(sink, input), keyOf(earlier, input)];
      if (key.toSorted().join() === other.toSorted().join()) return [];
      return [
        refused(
          'R033',
          `RisingWave wants the table's key in every sink: this one has (${key.join(', ')}), "${earlier.name}" has (${other.join(', ')})`,
          'name the same key columns in all sinks of a table, or use a table for each key',
          sink.options.get('primary_key')?.span ?? sink.span,
        ),
      ];
    });
  },
};

function optionOf({ options }: SinkDef, ...names: readonly string[]): string | undefined {
  return names.map((name) => options.get(name)?.value).find((value) => value !== undefined);
}

function tableOf(sink: SinkDef): string {
  const endpoint = optionOf(sink, 'endpoint', 'endpoint_url', 'aws.endpoint_url') ?? '';
  const region = optionOf(sink, 'region', 'aws.region') ?? '';
  return [endpoint, region, optionOf(sink, 'table', 'dynamodb.table') ?? ''].join(' ');
}

/** Returns the attributes of the key. The sort key of an option is an attribute, too. */
function keyOf(sink: SinkDef, { pipeline }: TargetInput): readonly string[] {
  const view = pipeline.views.find((v) => v.name === sink.from);
  const columns = sink.primaryKey.map((i) => view?.columns[i]?.name ?? '');
  const isConstant = sink.options.has('freshet.sort_key');
  return isConstant ? [...columns, optionOf(sink, 'freshet.sort_key_name') ?? 'sk'] : columns;
}
