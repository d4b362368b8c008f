import { ApiError, noSuchTable } from './api-error.ts';
import { CommitQueue } from './commit-queue.ts';
import type { Change } from './durable/change.ts';
import type { StoredItem } from './sorted-items.ts';
import { tableExists, type TableDefinition } from './table-definition.ts';
import { Table } from './table.ts';
import { messageOf } from '../values/error-message.ts';

/** Keeps changes across restarts. */
export interface Journal {
  /** Resolves when the changes are durable. */
  append(changes: readonly Change[]): Promise<void>;
  /** Called between appends, to compact the log. `state` is the state after all appends so far. */
  maintain(state: StoreState): Promise<void>;
  close(): Promise<void>;
}

/** The state that a snapshot holds. */
export interface StoreState {
  readonly tables: readonly Table[];
}

/**
 * Holds all tables. Reads see durable changes only; writes are decided on the latest accepted state and resolve once
 * they are durable. Methods reject with ApiError `InternalServerError`, which clients retry, if the disk fails.
 */
export class Store {
  readonly #byName = new Map<string, Table>();
  readonly #byId = new Map<string, Table>();
  /** Names of tables whose creation is not durable yet. */
  readonly #creating = new Set<string>();
  readonly #journal: Journal | undefined;
  readonly #queue: CommitQueue;

  /** Without a journal the tables are kept in memory only. */
  constructor(journal?: Journal) {
    this.#journal = journal;
    this.#queue = new CommitQueue({
      append: async (changes) => journal?.append(changes),
      apply: (changes) => changes.forEach((change) => this.#apply(change)),
      undo: () => {
        this.#creating.clear();
        for (const table of this.#byId.values()) table.forgetPending();
      },
      between: async () => journal?.maintain({ tables: [...this.#byId.values()] }),
    });
  }

  /** Applies a change read from the journal. Called before any other method. */
  restore(change: Change): void {
    this.#apply(change);
  }

  /** Returns a table. Throws ResourceNotFoundException if it does not exist or is being deleted. */
  table(name: string): Table {
    const table = this.#byName.get(name);
    if (table === undefined || table.isDeleting) throw noSuchTable(name);
    return table;
  }

  /** Returns the table with an id, as changes name tables; undefined if there is none. */
  tableById(id: string): Table | undefined {
    return this.#byId.get(id);
  }

  get tableNames(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  /** Writes changes; resolves once they are durable. */
  async write(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'put') this.#byId.get(change.table)?.expect(change.item.key, change);
      if (change.kind === 'delete') this.#byId.get(change.table)?.expect(change.key, change);
    }
    await this.#commit(changes);
  }

  /** Resolves once all changes accepted so far are durable, for a response that depends on them but changes nothing. */
  async settled(): Promise<void> {
    await this.#commit([]);
  }

  /** Creates a table. Rejects with ResourceInUseException if a table has that name. */
  async create(definition: TableDefinition): Promise<void> {
    const { name } = definition;
    if (this.#byName.has(name) || this.#creating.has(name)) throw tableExists(name);
    this.#creating.add(name);
    await this.#commit([{ kind: 'define', definition }]);
  }

  async redefine(definition: TableDefinition): Promise<void> {
    await this.#commit([{ kind: 'define', definition }]);
  }

  async drop(table: Table): Promise<void> {
    table.isDeleting = true;
    await this.#commit([{ kind: 'drop', table: table.definition.id }]);
  }

  /** Resolves when all accepted changes are durable and the files are closed. */
  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#journal?.close();
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    try {
      await this.#queue.commit(changes);
    } catch (error) {
      const reason = messageOf(error);
      throw new ApiError('InternalServerError', `The embedded store cannot write to its disk: ${reason}`, {
        status: 500,
      });
    }
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case 'put':
        this.#byId.get(change.table)?.settle(change.item.key, change);
        break;
      case 'delete':
        this.#byId.get(change.table)?.settle(change.key, change);
        break;
      case 'define': {
        const { definition } = change;
        const known = this.#byId.get(definition.id);
        if (known !== undefined) {
          known.definition = definition;
          break;
        }
        const table = new Table(definition);
        this.#byId.set(definition.id, table);
        this.#byName.set(definition.name, table);
        this.#creating.delete(definition.name);
        break;
      }
      case 'drop': {
        const table = this.#byId.get(change.table);
        if (table === undefined) break;
        this.#byId.delete(change.table);
        this.#byName.delete(table.definition.name);
        break;
      }
    }
  }
}

export function putChange(table: Table, item: StoredItem): Change {
  return { kind: 'put', table: table.definition.id, item };
}

export function deleteChange(table: Table, place: string): Change {
  return { kind: 'delete', table: table.definition.id, key: place };
}
