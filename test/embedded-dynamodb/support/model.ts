import { FileJournal } from '../../../src/embedded-dynamodb/durable/file-journal.ts';
import { OPERATIONS } from '../../../src/embedded-dynamodb/operations/operations.ts';
import { Request } from '../../../src/embedded-dynamodb/request.ts';
import { END } from '../../../src/embedded-dynamodb/sorted-items.ts';
import { Store } from '../../../src/embedded-dynamodb/store.ts';
import type { Disk } from '../../../src/platform/disk.ts';

export const DIRECTORY = 'dynamodb';

/** A store over a disk that is called as the server calls it. */
export class OpenStore {
  readonly store: Store;
  readonly problems: string[];
  private constructor(store: Store, problems: string[]) {
    this.store = store;
    this.problems = problems;
  }

  /** Opens the store. The default of `minLogBytes` is so small that snapshots replace logs all the time. */
  static async on(disk: Disk, minLogBytes = 600): Promise<OpenStore> {
    const problems: string[] = [];
    const journal = new FileJournal({
      disk,
      directory: DIRECTORY,
      minLogBytes,
      onProblem: (problem) => problems.push(problem),
    });
    const store = new Store(journal);
    await journal.recover((change) => store.restore(change));
    return new OpenStore(store, problems);
  }

  async call(operation: string, body: object): Promise<unknown> {
    const answer = OPERATIONS.get(operation)!(new Request(body), { store: this.store, now_ms: () => 0 });
    return JSON.parse(await answer);
  }

  async createTable(): Promise<void> {
    await this.call('CreateTable', {
      TableName: 'items',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
  }

  async put(id: string, value: string): Promise<void> {
    await this.call('PutItem', { TableName: 'items', Item: { id: { S: id }, v: { S: value } } });
  }

  async delete(id: string): Promise<void> {
    await this.call('DeleteItem', { TableName: 'items', Key: { id: { S: id } } });
  }

  /** Returns the value of each item by id; undefined without a table. */
  items(): Record<string, string> | undefined {
    if (!this.store.tableNames.includes('items')) return undefined;
    const all = [...this.store.table('items').items.range('', END)].map(
      ({ text }) =>
        JSON.parse(text) as { readonly id: { readonly S: string }; readonly v: { readonly S: string } },
    );
    return Object.fromEntries(all.map(({ id, v }) => [id.S, v.S]).toSorted());
  }
}
