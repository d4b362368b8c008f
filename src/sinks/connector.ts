import type { SinkDeclaration } from '../connectors/declaration.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { SinkDef } from '../plan/pipeline.ts';
import type { Clock } from '../platform/clock.ts';
import type { Disk } from '../platform/disk.ts';
import type { Datum } from '../values/datum.ts';
import type { Sink, SinkDeadLetter, SinkError } from './sink.ts';

/** What the sinks of one pipeline share. */
export interface SinkContext {
  /** `dev`: a service that neither the SQL nor the environment names may run inside this process. */
  readonly mode: 'dev' | 'run';
  /** The folder in which an embedded service keeps its data. */
  readonly stateDir: string;
  /** The port of an embedded DynamoDB. Default: any free one. */
  readonly dynamoDbPort?: number | undefined;
  /** The folder that relative paths in the SQL start from. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Returns a uniformly distributed number in [0, 1), which spreads retries over time. */
  random(): number;
  /** The disk for files. In a dry run it keeps what is written in memory. */
  readonly disk: Disk;
  /**
   * True if nothing may be written outside this process. A keyed sink then counts its writes (counting-sink.ts); the
   * runtime puts a counter in the place of a commit sink.
   */
  readonly dryRun: boolean;
  /** Receives messages for the operator. */
  report(level: 'info' | 'warn', fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Receives what happens to one sink while it runs. */
export interface SinkEvents {
  /** Receives each row that can never be delivered. */
  onDeadLetter(letter: SinkDeadLetter): void;
  /** Receives the reason why writes fail and are retried, if it concerns the operator. */
  onProblem(error: SinkError): void;
}

/** The place of a sink's rows. Connectors extend it with what readers of the rows need. */
export interface Destination {
  readonly sink: string;
  readonly connector: string;
  /** The address as people read it, such as an endpoint's URL or a folder. */
  readonly address: string;
  /** True if the destination is a service inside this process. */
  readonly isEmbedded: boolean;
}

/** A sink before `open`, and its destination. */
export interface CreatedSink {
  readonly sink: Sink;
  readonly destination: Destination;
}

/** The view that a sink reads. */
export interface SinkView {
  readonly columns: readonly PlanColumn[];
  /** True if rows are only inserted, never updated or deleted. */
  readonly onlyAppends: boolean;
  /** Returns the value that a column has in every row; undefined if it is not known to be constant. */
  constantOf(column: number): Datum | undefined;
}

/** Creates the sinks of one pipeline and one connector, which share connections. */
export interface SinkFactory {
  /** Creates a sink without opening it. Rejects with SinkError for options that contradict one another. */
  create(def: SinkDef, view: SinkView, events: SinkEvents): Promise<CreatedSink>;
  /** Closes what the sinks share. Call it after the sinks are closed. */
  close(): Promise<void>;
}

/** One of several sinks that write to one target. */
export interface SinkTogether {
  readonly def: SinkDef;
  readonly view: SinkView;
}

/** Why a sink cannot write to its target beside another sink. */
export interface SinkProblem {
  readonly sink: SinkDef;
  readonly message: string;
  readonly hint: string;
  /** The options that the problem is about. The first that the sink has is its place. */
  readonly option: readonly string[];
}

/** A `connector = '...'` of a sink: one folder beside this file, and one line in `connectors.ts`. */
export interface SinkConnector extends SinkDeclaration {
  /**
   * Throws SinkError for what {@link SinkFactory.create} would refuse, as far as it shows without the destination.
   * Returns the key, as messages show it, that all sinks of a target must share; undefined if a target takes one sink.
   */
  check(def: SinkDef, view: SinkView): string | undefined;
  /** Returns why the sinks of one target, each of which is fine alone, cannot write to it together. */
  checkTogether?(sinks: readonly SinkTogether[]): readonly SinkProblem[];
  /** Creates a factory, without connecting to anything. */
  factory(context: SinkContext): Promise<SinkFactory>;
  /**
   * Returns a function that writes a row's items as JSON, as they are at `now_ms`; absent for destinations that hold no
   * items.
   */
  itemFormatter?(def: SinkDef, view: SinkView, now_ms: number): (row: readonly Datum[]) => readonly string[];
}
