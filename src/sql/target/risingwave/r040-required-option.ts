import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Without brokers, `freshet dev` reads a local topic; RisingWave has no topics of its own. */
export const REQUIRED_OPTION: TargetRule = {
  code: 'R040',
  about: 'a Kafka source without properties.bootstrap.server',
  source:
    'RisingWave\'s src/connector/with_options_source.yaml marks it as required: "missing field `properties.bootstrap.server`"',
  renderable: true,
  check: ({ statements }) =>
    statements.flatMap((s) => {
      if (s.kind !== 'source' && s.kind !== 'table') return [];
      const connector = s.options?.find((o) => o.key.value === 'connector');
      if (connector?.value.toLowerCase() !== 'kafka') return [];
      const isGiven = s.options?.some((o) =>
        ['properties.bootstrap.server', 'kafka.brokers'].includes(o.key.value),
      );
      if (isGiven === true) return [];
      const message = 'RisingWave wants properties.bootstrap.server of a Kafka source';
      const hint = "write properties.bootstrap.server = '${KAFKA_BROKERS:-}'";
      return [refused('R040', message, hint, connector.span)];
    }),
};
