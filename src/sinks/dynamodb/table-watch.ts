import type { Clock } from '../../platform/clock.ts';
import { SinkError } from '../sink.ts';
import type { SinkClient } from './sink-client.ts';
import { ensureTable, identityOf } from './table.ts';
import type { TableRequest, UsableTable } from './table.ts';
import { ensureTimeToLive } from './time-to-live.ts';

/** How often to check a table that exists, and a table that is missing. */
const CHECK_MS = 30_000;
const RECHECK_MS = 2_000;

/**
 * Detects that a table was deleted, or deleted and created again: the new table has the same name and no items.
 * Checks the table at intervals, and at once after a write that found no table.
 */
export class TableWatch {
  readonly #client: SinkClient;
  readonly #clock: Clock;
  readonly #request: TableRequest;
  readonly #onProblem: (error: SinkError) => void;
  #cancel: (() => void) | undefined;
  #isMissing = false;
  #isClosed = false;
  /** Identity of the table that takes the writes; empty before the start, or if DynamoDB gives none. */
  identity = '';
  /** True if the sink created the table that takes the writes, so that it was empty. */
  isNew = false;

  constructor(options: {
    client: SinkClient;
    clock: Clock;
    request: TableRequest;
    onProblem: (error: SinkError) => void;
  }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#request = options.request;
    this.#onProblem = options.onProblem;
  }

  /** Creates or validates the table and begins to watch it. Rejects with SinkError if the table cannot be used. */
  async start(): Promise<void> {
    const { identity, isNew } = await ensureTable(this.#client, this.#request, this.#clock);
    this.identity = identity;
    this.isNew = isNew;
    await this.#expire();
    this.#schedule(CHECK_MS);
  }

  /** Checks the table at once. Call it when a write found no table. */
  wasMissed(): void {
    if (!this.#isMissing) this.#schedule(0);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  #schedule(delay_ms: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#isClosed) this.#cancel = this.#clock.setTimer(delay_ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { sink, table, create } = this.#request;
    try {
      const found = await this.#client.describeTable(table);
      if (found !== undefined && found.TableStatus !== 'DELETING') {
        this.#isMissing = false;
        if (found.TableStatus === 'ACTIVE') this.#use({ identity: identityOf(found), isNew: false });
      } else {
        if (!this.#isMissing) this.#tell(`table ${table} was deleted`);
        this.#isMissing = true;
        if (found === undefined && create)
          this.#use(await ensureTable(this.#client, this.#request, this.#clock));
      }
    } catch (error) {
      this.#onProblem(
        error instanceof SinkError
          ? error
          : new SinkError(sink, `cannot check table ${table}: ${String(error)}`, { cause: error }),
      );
    }
    this.#schedule(this.#isMissing ? RECHECK_MS : CHECK_MS);
  }

  #use({ identity, isNew }: UsableTable): void {
    this.#isMissing = false;
    if (identity === this.identity) return;
    this.identity = identity;
    this.isNew = isNew;
    void this.#expire();
    this.#tell(
      `table ${this.#request.table} was created again since the sink started: all rows are written to it`,
    );
  }

  async #expire(): Promise<void> {
    const problem = await ensureTimeToLive(this.#client, this.#request);
    if (problem !== undefined) this.#onProblem(problem);
  }

  #tell(message: string): void {
    const hint = this.#request.create
      ? undefined
      : 'create the table, or set freshet.create_table = true so that the sink creates it';
    this.#onProblem(new SinkError(this.#request.sink, message, hint === undefined ? {} : { hint }));
  }
}
