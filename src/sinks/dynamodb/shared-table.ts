import type { SinkTogether, SinkProblem } from '../connector.ts';
import { attributesOf } from './item-attributes.ts';
import { DYNAMODB, readSinkOptions, type DynamoDbSinkSettings } from './options.ts';
import { sinkTag } from './domain-key.ts';

/** A sink of the table, as the others see it. */
interface Writer extends SinkTogether {
  readonly settings: DynamoDbSinkSettings;
  readonly tag: string;
}

type Layout = DynamoDbSinkSettings['layout'];

/** The layouts in which the sinks of a table share items, or name items by columns. */
const COMMON: ReadonlySet<Layout> = new Set<Layout>(['wide', 'metric', 'daily']);

/** Returns why sinks of one table would write the same items or attributes; each problem names both sinks. */
export function sharedTableProblems(sinks: readonly SinkTogether[]): readonly SinkProblem[] {
  const writers = sinks.map((sink): Writer => {
    const settings = readSinkOptions(sink.def.name, sink.def.options);
    return { ...sink, settings, tag: sinkTag(sink.def, sink.view, settings) };
  });
  return writers.flatMap((writer, i) => {
    const { layout } = writer.settings;
    const others = writers.slice(0, i);
    const same = others.filter(({ settings }) => settings.layout === layout && COMMON.has(layout));
    return [
      ...others.flatMap((other) => sameTag(writer, other)),
      ...same.flatMap((other) => sameColumn(writer, other)),
      ...same.flatMap((other) => otherExpiry(writer, other)),
    ];
  });
}

function sameTag({ def, tag, settings }: Writer, other: Writer): readonly SinkProblem[] {
  if (tag !== other.tag || ![settings.layout, other.settings.layout].some((each) => COMMON.has(each)))
    return [];
  return [
    {
      sink: def,
      message: `sinks "${other.def.name}" and "${def.name}" both write the domain "${tag}" to table ${settings.table}`,
      hint:
        'a domain is named by the last part of its sort key, or by its sink if it has none; ' +
        "give one of the two another name, such as freshet.sort_key = 'profile#orders'",
      option: [DYNAMODB.options.sortKey.name, DYNAMODB.options.primaryKey.name],
    },
  ];
}

function sameColumn({ def, view, settings }: Writer, other: Writer): readonly SinkProblem[] {
  const theirs = new Set(attributesOf(other.view.columns, other.def.primaryKey).map(({ name }) => name));
  const common = attributesOf(view.columns, def.primaryKey).filter(({ name }) => theirs.has(name));
  const [first] = common;
  if (first === undefined) return [];
  const what = settings.layout === 'metric' ? 'the same item' : 'the same attribute';
  const more = common.length === 1 ? '' : ` (and ${common.length - 1} more)`;
  const owns = `"${other.def.from}"."${first.name}" of sink "${other.def.name}"`;
  return [
    {
      sink: def,
      message:
        `in layout '${settings.layout}' column "${def.from}"."${first.name}" would be ${what} of table ` +
        `${settings.table} as ${owns}${more}`,
      hint: `rename one of the two in its view, such as ${first.name} AS ${def.from}_${first.name}`,
      option: [DYNAMODB.options.layout.name],
    },
  ];
}

function otherExpiry({ def, settings }: Writer, other: Writer): readonly SinkProblem[] {
  const days = settings.expireAfter_days;
  const theirs = other.settings.expireAfter_days;
  if (settings.layout !== 'daily' || days === theirs) return [];
  const { name } = DYNAMODB.options.expireAfter_days;
  return [
    {
      sink: def,
      message:
        `sinks "${other.def.name}" and "${def.name}" share the items of a day, which would expire after ` +
        `${theirs} and after ${days} days`,
      hint: `set ${name} to the same number in both`,
      option: [name, DYNAMODB.options.layout.name],
    },
  ];
}
