import { join } from 'node:path';
import type { Kernel } from '../engine/contract.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { ReaderContext, SourceTopic } from '../sources/connector.ts';
import { SOURCE_CONNECTORS } from '../sources/connectors.ts';
import { RECORD_FORMATS } from '../sources/formats.ts';
import type { RecordDecoder } from '../sources/decoder.ts';
import { LocalTopic } from '../sources/log/topic.ts';
import type { SourceReader } from '../sources/source.ts';
import { SourceError } from '../sources/source.ts';
import { safeName } from './dead-letters.ts';
import type { Log } from './log.ts';
import type { RunnerSource } from './runner-options.ts';

export interface OpenSourcesOptions {
  readonly sources: readonly SourceDef[];
  /** In `dev`, a source whose topic has no broker reads a local topic. */
  readonly mode: 'dev' | 'run';
  readonly stateDir: string;
  /** The folder that `posix_fs.root` is relative to. */
  readonly baseDir: string;
  readonly log: Log;
}

export interface OpenedSources {
  readonly sources: readonly RunnerSource[];
  /** The sources that read a local topic, to which events can be appended. */
  readonly topics: readonly { readonly source: SourceDef; readonly topic: LocalTopic }[];
  close(): Promise<void>;
}

/**
 * Creates a reader and a decoder for each source:
 *
 * - A table without a connector, which takes events over HTTP, reads the local topic of its own name.
 * - In `dev`, a source of a topic without a broker reads the local topic with the topic's name.
 * - Any other source uses the reader of its connector (`sources/connectors.ts`).
 *
 * On failure closes what it opened, and rejects with SourceError.
 */
export async function openSources(options: OpenSourcesOptions): Promise<OpenedSources> {
  const topics = new Map<string, LocalTopic>();
  const local: { source: SourceDef; topic: LocalTopic }[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled([...topics.values()].map((topic) => topic.close()));
  };
  try {
    const sources: RunnerSource[] = [];
    for (const def of options.sources) {
      const found = localTopicOf(def, options.mode);
      let reader: SourceReader;
      if (found === undefined) {
        reader = await remoteReader(def, options);
      } else {
        const { name, start } = found;
        // Sources of the same topic share it.
        const topic = topics.get(name) ?? (await openTopic(name, options));
        topics.set(name, topic);
        local.push({ source: def, topic });
        reader = topic.reader({ name: def.name, start });
      }
      const onLostPosition = SOURCE_CONNECTORS.get(def.connector ?? '')?.onLostPosition?.(def) ?? 'fail';
      sources.push({ def, reader, onLostPosition, createDecoder: (kernel) => decoderFor(def, kernel) });
    }
    return { sources, topics: local, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns the local topic that a source reads; undefined if it reads something else. */
function localTopicOf(def: SourceDef, mode: 'dev' | 'run'): SourceTopic | undefined {
  const topic = topicOf(def);
  return topic?.hasBroker === true || (def.connector !== undefined && mode !== 'dev') ? undefined : topic;
}

/** Returns the topic that a source reads, local or at a broker; undefined if it reads something else. */
export function topicOf(def: SourceDef): SourceTopic | undefined {
  if (def.connector === undefined) return { name: def.name, hasBroker: false, start: 'earliest' };
  return SOURCE_CONNECTORS.get(def.connector)?.topic?.(def);
}

/** Size from which a warning is logged: such a topic takes minutes to read again, and fills the disk of a laptop. */
const LARGE_TOPIC_BYTES = 8 * 2 ** 30;

async function openTopic(name: string, { stateDir, log }: OpenSourcesOptions): Promise<LocalTopic> {
  const directory = join(stateDir, 'topics', safeName(name));
  const topic = await LocalTopic.open(directory, { name });
  if (topic.tornTail !== undefined) {
    log.warn(
      { topic: name, ...topic.tornTail },
      'unacknowledged records at the end of the topic were cut off after a crash',
    );
  }
  const { bytes, firstOffset, nextOffset } = topic;
  const about = { topic: name, bytes, records: nextOffset - firstOffset };
  if (bytes > LARGE_TOPIC_BYTES) {
    log.warn(
      { ...about, directory },
      'the local topic is large, and keeps all its records; to start over without them, stop and delete the state ' +
        'folder (`freshet dev --reset` does so), or use a Kafka topic with retention',
    );
  } else {
    log.info(about, 'local topic opened');
  }
  return topic;
}

function remoteReader(def: SourceDef, { baseDir, log }: OpenSourcesOptions): Promise<SourceReader> {
  const connector = SOURCE_CONNECTORS.get(def.connector ?? '');
  if (connector === undefined) {
    throw new SourceError(def.name, `connector '${def.connector}' is not supported`, {
      hint: `use ${[...SOURCE_CONNECTORS.keys()].map((name) => `'${name}'`).join(' or ')}`,
    });
  }
  const report: ReaderContext['report'] = (level, fields, message) =>
    log[level]({ source: def.name, ...fields }, message);
  return connector.reader(def, { baseDir, report });
}

function decoderFor(def: SourceDef, kernel: Kernel): RecordDecoder {
  return RECORD_FORMATS.get(def.encode)!.createDecoder(def, kernel.wanted(def.name), kernel.pool);
}
