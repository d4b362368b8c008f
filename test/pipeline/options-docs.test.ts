import { expect, it } from 'vitest';
import type { ConnectorSpec, OptionSpec } from '../../src/connectors/option.ts';
import { SINK_CONNECTORS } from '../../src/sinks/connectors.ts';
import { SOURCE_CONNECTORS } from '../../src/sources/connectors.ts';
import { RECORD_FORMATS } from '../../src/sources/formats.ts';

const code = (text: string): string => `\`${text}\``;

function valuesOf({ value, laterValues = [] }: OptionSpec): string {
  switch (value.kind) {
    case 'text':
      return 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'character':
      return `one character, or ${value.names.map(code).join(', ')}`;
    case 'integer':
      return value.max === Number.MAX_SAFE_INTEGER ? `${value.min} or more` : `${value.min} to ${value.max}`;
    case 'one of': {
      const ready = value.values.filter((word) => !laterValues.includes(word));
      const later =
        laterValues.length === 0 ? '' : `; not supported yet: ${laterValues.map(code).join(', ')}`;
      return ready.map(code).join(', ') + later;
    }
  }
}

function tableOf(
  title: string,
  { about, options, ignored = [], ignoredPrefixes = [] }: ConnectorSpec,
): string {
  const rows = Object.values(options).map((option) => {
    const names = [option.name, ...(option.aliases ?? [])].map(code).join(', ');
    const fallback =
      option.required === true ? '(required)' : option.default === undefined ? '' : code(option.default);
    const later = option.isLater === true ? '; not supported yet' : '';
    return `| ${names} | ${valuesOf(option)} | ${fallback} | ${option.about}${later} |`;
  });
  const passedOver = [
    ...ignored.flatMap(({ name, aliases = [] }) => [name, ...aliases]).map(code),
    ...ignoredPrefixes.map((prefix) => code(`${prefix}*`)),
  ];
  return [
    `## ${title}`,
    `${about[0]!.toUpperCase()}${about.slice(1)}.`,
    ['| option | values | default | meaning |', '|---|---|---|---|', ...rows].join('\n'),
    ...(passedOver.length === 0
      ? []
      : [`Accepted without effect, so that RisingWave's files run unchanged: ${passedOver.join(', ')}.`]),
  ].join('\n\n');
}

it('docs/options.md holds the options of every connector and encoding', async () => {
  const sections = [
    ...[...SOURCE_CONNECTORS.values()].map(({ spec }) =>
      tableOf(`Source \`connector = '${spec.name}'\``, spec),
    ),
    ...[...RECORD_FORMATS.values()].map(({ spec }) =>
      tableOf(`\`ENCODE ${spec.name.toUpperCase()} (...)\``, spec),
    ),
    ...[...SINK_CONNECTORS.values()].map(({ spec }) => tableOf(`Sink \`connector = '${spec.name}'\``, spec)),
  ];
  const text = [
    '# Options of connectors',
    'Options are written in `WITH (name = value, ...)`. Names and words are case-insensitive, and quotes around values ' +
      "are optional. Further names of an option are aliases, mostly RisingWave's. An unknown name is an error.\n\n" +
      'This page is generated from the connectors: `npx vitest run test/pipeline/options-docs.test.ts -u`.',
    ...sections,
  ].join('\n\n');
  await expect(`${text}\n`).toMatchFileSnapshot('../../docs/options.md');
});
