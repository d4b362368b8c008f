import type { SinkDeclaration } from '../connectors/declaration.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { SinkDef } from '../plan/pipeline.ts';
import type { Clock } from '../platform/clock.ts';
import type { Datum } from '../values/datum.ts';
import type { Sink, SinkDeadLetter, SinkError } from './sink.ts';

/** What the sinks of one pipeline have in common. */
export interface SinkContext {
  /** `dev`: a service that neither SQL nor environment names may be embedded. */
  readonly mode: 'dev' | 'run';
  /** Where an embedded service keeps what must outlive the process. */
  readonly stateDir: string;
  /** The folder that relative paths start from. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads retries. */
  random(): number;
  /** Nothing may be written: sinks only count what they would write (counting-sink.ts). */
  readonly dryRun: boolean;
  /** Receives what an operator should know. */
  report(level: 'info' | 'warn', fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What happens to one sink while it runs. */
export interface SinkEvents {
  /** A row that can never be delivered. */
  onDeadLetter(letter: SinkDeadLetter): void;
  /** Writes fail for a reason that an operator should see; they are retried meanwhile. */
  onProblem(error: SinkError): void;
}

/** Where a sink's rows are. Connectors extend it by what their readers need. */
export interface Destination {
  readonly sink: string;
  readonly connector: string;
  /** For people, such as an endpoint's URL. */
  readonly address: string;
  /** It is a part of this process. */
  readonly isEmbedded: boolean;
}

/** A sink that is not opened yet. */
export interface CreatedSink {
  readonly sink: Sink;
  readonly destination: Destination;
}

/** The view that a sink reads. */
export interface SinkView {
  readonly columns: readonly PlanColumn[];
  /** Rows are only ever added: none is updated or deleted. */
  readonly onlyAppends: boolean;
}

/** The sinks of one pipeline and one connector: they share connections. */
export interface SinkFactory {
  /** Rejects with SinkError for options that cannot be. */
  create(def: SinkDef, view: SinkView, events: SinkEvents): Promise<CreatedSink>;
  /** Closes what the sinks share, after the sinks. */
  close(): Promise<void>;
}

/** A `connector = '...'` of a sink: a folder of this room, and a line in `connectors.ts`. */
export interface SinkConnector extends SinkDeclaration {
  /**
   * Throws SinkError for what {@link SinkFactory.create} would refuse, as far as that is known without the destination.
   * Returns the key that all sinks of one target must have, as messages show it; undefined: a target is of one sink.
   */
  check(def: SinkDef, view: SinkView): string | undefined;
  /** Connects to nothing yet. */
  factory(context: SinkContext): Promise<SinkFactory>;
  /** Writes a row as the destination holds it, as JSON; absent where a row is no unit of the destination. */
  itemFormatter?(def: SinkDef, columns: readonly PlanColumn[]): (row: readonly Datum[]) => string;
}
