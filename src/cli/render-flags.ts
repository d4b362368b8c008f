import { choice, text, toggle, type Flag, type Values } from './command.ts';
import type { RenderOptions } from '../sql/target/render-options.ts';
import { TARGETS } from '../sql/target/targets.ts';

const VERSIONS = [...TARGETS.values()].flatMap(({ versions }) => versions);

/** The flags that say how a pipeline is written for a target. */
export const RENDER_FLAGS = {
  target: choice('<engine>', 'engine to write the SQL for', [...TARGETS.keys()], 'risingwave'),
  version: choice('<version>', 'version of the engine', VERSIONS, VERSIONS.at(-1)!),
  sinks: choice(
    '<where>',
    'what DynamoDB sinks become: dynamodb, which the engine writes, or kafka, upsert topics for `freshet sink`',
    ['dynamodb', 'kafka'],
    'dynamodb',
  ),
  topicPrefix: text('<prefix>', 'with --sinks kafka: put in front of the name of a sink to name its topic'),
  secrets: toggle(
    'write options that hold secrets as `secret NAME`, for secrets that you create in the engine',
  ),
  keepWatermarks: toggle('keep WATERMARK clauses; the engine then drops events that are later'),
};

const SERVER_VERSION: Flag<string | undefined> = {
  about:
    'version of the engine to write the SQL for (default: that of the server, or the nearest known before it)',
  placeholder: '<version>',
  choices: VERSIONS,
};

/** The same for commands that talk to a server, whose version is the default. */
export const SERVER_RENDER_FLAGS = { ...RENDER_FLAGS, version: SERVER_VERSION };

/** Returns the last known version that is not after a server's version, such as `2.8` for `2.9.1`; else the first. */
export function nearestVersion(server: string): string {
  const number = (version: string): number => {
    const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
    return major * 1000 + minor;
  };
  return VERSIONS.findLast((version) => number(version) <= number(server)) ?? VERSIONS[0]!;
}

export function renderOptionsOf(flags: Values<typeof RENDER_FLAGS>): RenderOptions {
  return {
    version: flags.version,
    sinks: flags.sinks,
    topicPrefix: flags.topicPrefix ?? '',
    secrets: flags.secrets === true,
    keepWatermarks: flags.keepWatermarks === true,
  };
}

/** What the flags say if none is given. */
export const DEFAULT_RENDERING: RenderOptions = {
  version: VERSIONS.at(-1)!,
  sinks: 'dynamodb',
  topicPrefix: '',
  secrets: false,
  keepWatermarks: false,
};
