import { join } from 'node:path';
import type { Kernel } from '../engine/contract.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import { KAFKA } from '../sql/options/kafka.ts';
import { POSIX_FS } from '../sql/options/posix-fs.ts';
import { readSettings } from '../sql/options/settings.ts';
import { createCsvDecoder } from '../sources/csv/decoder.ts';
import type { RecordDecoder } from '../sources/decoder.ts';
import { posixFsSource } from '../sources/file/open.ts';
import { createJsonDecoder } from '../sources/json/decoder.ts';
import type { LocalTopicStart } from '../sources/log/reader.ts';
import { LocalTopic } from '../sources/log/topic.ts';
import type { SourceReader } from '../sources/source.ts';
import { SourceError } from '../sources/source.ts';
import { safeName } from './dead-letters.ts';
import type { Log } from './log.ts';
import type { RunnerSource } from './runner-options.ts';

export interface OpenSourcesOptions {
  readonly sources: readonly SourceDef[];
  /** `dev`: a Kafka source without a broker is a local topic. */
  readonly mode: 'dev' | 'run';
  readonly stateDir: string;
  /** What `posix_fs.root` is relative to. */
  readonly baseDir: string;
  readonly log: Log;
}

export interface OpenedSources {
  readonly sources: readonly RunnerSource[];
  /** Sources that read a local topic, and so can be appended to. */
  readonly topics: readonly { readonly source: SourceDef; readonly topic: LocalTopic }[];
  close(): Promise<void>;
}

/**
 * A reader and a decoder for each source, by its connector:
 *
 * - `kafka` with a broker: that topic; without one, in `dev`: the local topic of that name.
 * - `posix_fs`: files.
 * - none (a table that is inserted into over HTTP): the local topic of the source's name.
 *
 * Rejects with SourceError, everything closed again, for what cannot be read.
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
      const name = localTopicName(def, options.mode);
      let reader: SourceReader;
      if (name === undefined) {
        reader = await remoteReader(def, options);
      } else {
        // Sources of the same topic share it.
        const topic = topics.get(name) ?? (await openTopic(name, options));
        topics.set(name, topic);
        local.push({ source: def, topic });
        reader = topic.reader({ name: def.name, start: startOf(def) });
      }
      sources.push({ def, reader, createDecoder: (kernel) => decoderFor(def, kernel) });
    }
    return { sources, topics: local, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The local topic that a source reads; undefined if it reads something else. */
function localTopicName(def: SourceDef, mode: 'dev' | 'run'): string | undefined {
  if (def.connector === KAFKA.name && (mode !== 'dev' || hasBroker(def))) return undefined;
  return topicName(def);
}

/** The topic that a source reads, local or of a broker; undefined if it reads something else. */
export function topicName(def: SourceDef): string | undefined {
  if (def.connector === undefined) return def.name;
  return def.connector === KAFKA.name ? readSettings(KAFKA, def.options).topic : undefined;
}

function hasBroker(def: SourceDef): boolean {
  return (readSettings(KAFKA, def.options).brokers ?? '').trim() !== '';
}

function startOf(def: SourceDef): LocalTopicStart {
  if (def.connector !== KAFKA.name) return 'earliest';
  const { startupTimestamp_ms, startupMode } = readSettings(KAFKA, def.options);
  return startupTimestamp_ms === undefined ? startupMode : { time_us: startupTimestamp_ms * 1000 };
}

/** A topic of this size takes minutes to read again, and disks of laptops are not endless. */
const LARGE_TOPIC_BYTES = 8 * 2 ** 30;

async function openTopic(name: string, { stateDir, log }: OpenSourcesOptions): Promise<LocalTopic> {
  const directory = join(stateDir, 'topics', safeName(name));
  const topic = await LocalTopic.open(directory, { name });
  if (topic.tornTail !== undefined) {
    log.warn(
      { topic: name, ...topic.tornTail },
      'records that were not acknowledged were cut off after a crash',
    );
  }
  const { bytes, firstOffset, nextOffset } = topic;
  const about = { topic: name, bytes, records: nextOffset - firstOffset };
  if (bytes > LARGE_TOPIC_BYTES) {
    log.warn(
      { ...about, directory },
      'the topic is large, and keeps everything; to begin anew without its records, stop and remove the state folder (`freshet dev --reset`), or use a Kafka topic with retention',
    );
  } else {
    log.info(about, 'local topic opened');
  }
  return topic;
}

async function remoteReader(
  def: SourceDef,
  { mode, baseDir, log }: OpenSourcesOptions,
): Promise<SourceReader> {
  if (def.connector === POSIX_FS.name) {
    return posixFsSource(def, baseDir, (level, fields, message) =>
      log[level]({ source: def.name, ...fields }, message),
    );
  }
  if (def.connector !== KAFKA.name) {
    throw new SourceError(def.name, `connector '${def.connector}' is not supported`, {
      hint: "use 'kafka' or 'posix_fs'",
    });
  }
  if (mode === 'run' && !hasBroker(def)) {
    throw new SourceError(def.name, 'there is no Kafka broker to read from', {
      hint: 'set properties.bootstrap.server (see the variables in the SQL), or use `freshet dev`, which needs none',
    });
  }
  // Kafka's client takes a while to load, and most pipelines in development have no broker.
  const [{ kafkaSourceConfig }, { KafkaSourceReader }] = await Promise.all([
    import('../sources/kafka/config.ts'),
    import('../sources/kafka/reader.ts'),
  ]);
  const kafkaLog = (level: 'error' | 'warn' | 'info' | 'debug', message: string): void =>
    log[level]({ source: def.name }, message);
  return new KafkaSourceReader(await kafkaSourceConfig(def, kafkaLog), kafkaLog);
}

function decoderFor(def: SourceDef, kernel: Kernel): RecordDecoder {
  const wanted = kernel.wanted(def.name);
  return def.encode === 'csv' ? createCsvDecoder(def, wanted) : createJsonDecoder(def, wanted, kernel.pool);
}
