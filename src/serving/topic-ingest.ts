import type { AppendRecords } from '../sources/log/frame.ts';
import type { LocalTopic } from '../sources/log/topic.ts';
import { SourceError } from '../sources/source.ts';
import { splitJsonBody, splitLines, type BodyProblem } from '../sources/split.ts';
import { IngestError, type Ingest, type RejectedEvent } from './ingest.ts';

const OPENING_BRACE = 123;
/** Local topics have one partition. */
const PARTITION = 0;

/**
 * Ingest into durable local topics, one per source. A JSON body is taken as a whole or not at all, as one document;
 * of NDJSON each line counts by itself. Whether an event has the fields that a pipeline wants shows when it is read.
 */
export function topicIngest(topics: ReadonlyMap<string, LocalTopic>): Ingest {
  return async (source, body, contentType) => {
    const topic = topics.get(source);
    if (topic === undefined) throw new IngestError('unknown_source', `there is no source ${source}`);
    const { records, rejected } = contentType === 'application/json' ? wholeBody(body) : lines(body);
    if (records.count === 0) {
      return {
        accepted: 0,
        rejected,
        partition: PARTITION,
        first_offset: undefined,
        next_offset: topic.nextOffset,
      };
    }
    try {
      const { firstOffset, nextOffset } = await topic.append(records);
      return {
        accepted: records.count,
        rejected,
        partition: PARTITION,
        first_offset: firstOffset,
        next_offset: nextOffset,
      };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      throw new IngestError('unavailable', `events cannot be stored at the moment: ${error.message}`, {
        cause: error,
      });
    }
  };
}

interface SplitEvents {
  readonly records: AppendRecords;
  readonly rejected: readonly RejectedEvent[];
}

function wholeBody(bytes: Uint8Array): SplitEvents {
  const split = splitJsonBody(bytes);
  if ('reason' in split) throw refusal(split);
  return { records: { bytes, starts: split.starts, ends: split.ends, count: split.count }, rejected: [] };
}

function refusal({ reason, message, at }: BodyProblem): IngestError {
  return new IngestError(reason === 'too_large' ? 'too_large' : 'malformed', `${message} (at byte ${at})`);
}

function lines(bytes: Uint8Array): SplitEvents {
  const split = splitLines(bytes, { from: 0, to: bytes.length, maxRecords: Infinity, final: true });
  const starts = new Int32Array(split.count);
  const ends = new Int32Array(split.count);
  const rejected: RejectedEvent[] = [];
  let count = 0;
  let index = 0;
  for (let i = 0; i < split.count; i++) {
    const [start, end] = trim(bytes, split.starts[i]!, split.ends[i]!);
    if (start === end) continue;
    const line = splitJsonBody(bytes.subarray(start, end), { maxRecords: 1 });
    if ('reason' in line) {
      rejected.push({
        index,
        reason: line.reason,
        message: `${line.message} (at byte ${line.at} of the line)`,
      });
    } else if (bytes[start] !== OPENING_BRACE) {
      rejected.push({ index, reason: 'malformed', message: 'not an object' });
    } else {
      starts[count] = start;
      ends[count] = end;
      count++;
    }
    index++;
  }
  return { records: { bytes, starts, ends, count }, rejected };
}

function trim(bytes: Uint8Array, start: number, end: number): readonly [start: number, end: number] {
  while (start < end && bytes[start]! <= 32) start++;
  while (end > start && bytes[end - 1]! <= 32) end--;
  return [start, end];
}
