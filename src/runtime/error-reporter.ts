import type { EvaluationError } from '../engine/contract.ts';
import type { SinkDeadLetter, SinkError } from '../sinks/sink.ts';
import type { DecodeProblem } from '../sources/decoder.ts';
import type { RecordBatch } from '../sources/source.ts';
import { LOST_POSITION_HINT } from '../sources/lost-position.ts';
import type { LostSource } from '../storage/manifest.ts';
import { FreshetError } from '../values/freshet-error.ts';
import type { Clock } from '../platform/clock.ts';
import type { DeadLetters } from './dead-letters.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { RateLimitedLog } from './rate-limited-log.ts';

/** Counts and logs every problem that does not stop the stream, and keeps refused records and rows as dead letters. */
export class ErrorReporter {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: RuntimeMetrics;
  readonly #deadLetters: DeadLetters;
  readonly #warnings: RateLimitedLog;
  readonly #topics: ReadonlyMap<string, string>;
  readonly #reported = new Set<string>();

  constructor(options: {
    clock: Clock;
    log: Log;
    metrics: RuntimeMetrics;
    deadLetters: DeadLetters;
    /** Source to its topic, for sources that read one. */
    topics?: ReadonlyMap<string, string> | undefined;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#deadLetters = options.deadLetters;
    this.#topics = options.topics ?? new Map();
    this.#warnings = new RateLimitedLog(options.log, options.clock);
  }

  sourceFailed(source: string, error: unknown, retry_ms: number): void {
    this.#metrics.sourceErrors.inc({ source });
    const hint = error instanceof FreshetError ? error.hint : undefined;
    this.#log.error({ source, error: messageOf(error), hint, retry_ms }, 'source failed');
  }

  /** A source lost its position. It continues without the missing records if `continues`, else it stops. */
  sourceLost(source: string, { message, positions }: LostSource, continues: boolean): void {
    this.#metrics.lostPositions.inc({ source }, positions.length);
    const missing = positions.reduce((sum, lost) => sum + (lost.missing ?? 0), 0);
    if (missing > 0) this.#metrics.lostRecords.inc({ source }, missing);
    if (continues) {
      this.#log.warn(
        { source, error: message, positions },
        'the source lost its position and continues from the next available record, as scan.on_lost_position says',
      );
    } else {
      this.#log.error(
        { source, error: message, hint: LOST_POSITION_HINT },
        'the source lost its position and stopped',
      );
    }
  }

  sourceProblem(source: string, problem: DecodeProblem, records: RecordBatch, record: number): void {
    const { reason, column, message, refused } = problem;
    if (reason === 'misspelt') {
      this.#misspelt(source, problem, this.#placeOf(source, records, record));
      return;
    }
    this.#metrics.problems.inc({ source, column: column ?? '', reason, refused: String(refused) });
    const place = this.#placeOf(source, records, record);
    const fields = { source, column, reason, ...place, detail: message };
    if (!refused) {
      this.#warnings.report(`${source}/${column}/${reason}`, fields, 'a field was read as NULL');
      return;
    }
    this.#warnings.report(`${source}/${reason}`, fields, 'a record was set aside as a dead letter');
    this.#metrics.deadLetters.inc({ origin: 'source', name: source, reason });
    this.#deadLetters.add({
      origin: 'source',
      name: source,
      time_us: this.#clock.now_us(),
      reason,
      message,
      column,
      ...place,
      payload: records.bytes.subarray(records.starts[record], records.ends[record]),
    });
  }

  /** Returns the position of a record: file, line and byte, or topic, partition and offset. */
  #placeOf(source: string, records: RecordBatch, record: number) {
    const offset = records.offsetOf(record);
    const { file, split: partition } = records;
    if (file !== undefined) return { file, line: records.lineOf?.(record), offset };
    return { topic: this.#topics.get(source), partition, offset };
  }

  /** Logs each misspelt field once, because a producer that misspells a field does so in every record. */
  #misspelt(source: string, { field = '', column, message, count = 1 }: DecodeProblem, place: object): void {
    this.#metrics.misspelt.inc({ source, field }, count);
    const kind = JSON.stringify([source, field]);
    if (this.#reported.has(kind)) return;
    this.#reported.add(kind);
    this.#log.warn(
      { source, field, column, ...place, detail: message },
      'records have a field that matches no column',
    );
  }

  /** A sink cannot deliver a row; `key` is the row's key as text. */
  sinkDeadLetter({ sink, reason, message }: SinkDeadLetter, key: string): void {
    this.#warnings.report(
      `${sink}/${reason}`,
      { sink, reason, detail: message },
      'a row was set aside as a dead letter',
    );
    this.#metrics.deadLetters.inc({ origin: 'sink', name: sink, reason });
    const time_us = this.#clock.now_us();
    this.#deadLetters.add({
      origin: 'sink',
      name: sink,
      time_us,
      reason,
      message,
      payload: Buffer.from(key),
    });
  }

  /** Writes of a sink fail and are retried. */
  sinkProblem({ sink, message, hint }: SinkError): void {
    this.#warnings.report(
      `${sink}/${message}`,
      { sink, detail: message, hint },
      'a sink cannot write and is retrying',
    );
  }

  /** The machine's clock is behind the pipeline's clock. Windows do not move until it has caught up. */
  clockBehind(behind_us: number): void {
    this.#warnings.report(
      'clock',
      { behind_ms: Math.round(behind_us / 1000) },
      "the machine's clock was set back; windows do not move until it has caught up",
    );
  }

  evaluationError({ view, code, message, count }: EvaluationError): void {
    this.#metrics.evaluationErrors.inc({ view, code }, count);
    this.#warnings.report(
      `${view}/${code}`,
      { view, code, detail: message },
      'an expression failed and became NULL',
      count,
    );
  }

  /** Makes dead letters durable. Rejects as the disk does. */
  async persist(): Promise<void> {
    await this.#deadLetters.flush();
  }

  /** Writes dead letters like {@link persist}, but logs a failure and keeps them for the next call. Never rejects. */
  async flush(): Promise<void> {
    await this.#deadLetters.flush().catch((error: unknown) => {
      this.#warnings.report('dead-letters', { error: messageOf(error) }, 'dead letters cannot be written');
    });
  }

  async close(): Promise<void> {
    await this.#deadLetters.close();
  }
}
