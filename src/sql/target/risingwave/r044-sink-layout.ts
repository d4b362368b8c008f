import type { CreateSink, RawOption } from '../../ddl/statement.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

const LAYOUT = 'freshet.layout';

/** RisingWave puts each row as one item. To leave the option out would change what readers of the items find. */
export const SINK_LAYOUT: TargetRule = {
  code: 'R044',
  about: 'a layout of items that RisingWave does not have',
  source: "RisingWave's src/connector/src/sink/dynamodb.rs puts each row as an item with all its columns",
  renderable: true,
  check: ({ statements }) =>
    statements.flatMap((s): Diagnostic[] => {
      const option = s.kind === 'sink' ? otherLayout(s) : undefined;
      return option === undefined ? [] : [layoutRefusal(option)];
    }),
};

/** Returns the option of a sink that asks for another layout than RisingWave's; undefined if there is none. */
export function otherLayout({ options }: CreateSink): RawOption | undefined {
  return options.find(({ key, value }) => key.value === LAYOUT && value.toLowerCase() !== 'domain');
}

/** Returns the refusal of a layout, with what to do instead. */
export function layoutRefusal({ value, span }: RawOption): Diagnostic {
  const layout = value.toLowerCase();
  const topic =
    layout === 'packed'
      ? ''
      : '; or render with --sinks kafka: `freshet sink` then writes the items in this layout' +
        (layout === 'daily' ? ', if the rows have a day' : '');
  return refused(
    'R044',
    `RisingWave writes each row as one item, and cannot write layout '${layout}'`,
    `use ${LAYOUT} = 'domain'${topic}`,
    span,
  );
}
