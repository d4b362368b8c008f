import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave's DynamoDB sink is a paid feature, with a free allowance by the size of the cluster. */
export const DYNAMODB_LICENCE: TargetRule = {
  code: 'R025',
  about: 'a DynamoDB sink, which RisingWave runs without a licence only in a small cluster',
  source:
    'RisingWave\'s src/license/src/feature.json and key.rs; 2.8.4 answers "memory in the cluster (23.54 GiB) exceeds the maximum allowed by the license key (20.00 GiB)"',
  renderable: true,
  check({ statements }) {
    const sink = statements
      .flatMap((s) => (s.kind === 'sink' ? s.options : []))
      .find((o) => o.key.value === 'connector' && o.value.toLowerCase() === 'dynamodb');
    if (sink === undefined) return [];
    return [
      differs(
        'R025',
        'without a licence key, RisingWave runs a DynamoDB sink only up to 4 CPU cores and 20 GiB of memory in the cluster',
        'get a key, stay below, or sink to an upsert topic; if you have decided, write -- freshet:allow R025',
        sink.span,
      ),
    ];
  },
};
