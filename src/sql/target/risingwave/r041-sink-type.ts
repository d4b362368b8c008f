import { viewOnlyAppends } from '../../../plan/append-only.ts';
import type { Option, SinkDef } from '../../../plan/pipeline.ts';
import { refused } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';

const TYPES: ReadonlySet<string> = new Set(['append-only', 'upsert', 'retract', 'debezium']);

/** Freshet accepts the option type without effect. */
export const SINK_TYPE: TargetRule = {
  code: 'R041',
  about: 'a type of a sink that RisingWave does not have, or that its view does not allow',
  source:
    'RisingWave\'s src/frontend/src/optimizer/plan_node/stream_sink.rs answers "The sink of ... stream cannot be append-only"',
  renderable: false,
  check: (input) =>
    input.pipeline.sinks.flatMap((sink) => {
      const fault = faultOf(sink, input);
      return fault === undefined ? [] : [refused('R041', fault.message, fault.hint, fault.option.span)];
    }),
};

interface Fault {
  readonly message: string;
  readonly hint: string;
  readonly option: Option;
}

function faultOf(sink: SinkDef, { pipeline }: TargetInput): Fault | undefined {
  const type = sink.options.get('type');
  const ignore = sink.options.get('ignore_delete');
  const force = sink.options.get('force_append_only');
  if (ignore !== undefined && force !== undefined)
    return {
      message: 'RisingWave takes only one of ignore_delete and force_append_only, which mean the same',
      hint: 'leave force_append_only out',
      option: force,
    };
  if (type === undefined) return undefined;
  if (!TYPES.has(type.value))
    return {
      message: `RisingWave has no type '${type.value}' of a sink`,
      hint: 'it knows append-only, upsert, retract and debezium, in small letters',
      option: type,
    };
  const isForced = (ignore ?? force)?.value.toLowerCase() === 'true';
  if (type.value !== 'append-only' || isForced || viewOnlyAppends(sink.from, pipeline)) return undefined;
  return {
    message: `RisingWave refuses type = 'append-only', since rows of "${sink.from}" change`,
    hint: "write type = 'upsert'; or ignore_delete = 'true', to keep what was deleted",
    option: type,
  };
}
