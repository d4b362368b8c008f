import { DynamoDbClient } from '../dynamodb/client.ts';
import { staticCredentials } from '../dynamodb/credentials.ts';
import { DynamoDbError } from '../dynamodb/errors.ts';
import { ApiError } from '../embedded-dynamodb/api-error.ts';
import { writeUnits } from '../embedded-dynamodb/capacity.ts';
import type { OperationContext } from '../embedded-dynamodb/operations/operation.ts';
import { OPERATIONS } from '../embedded-dynamodb/operations/operations.ts';
import { Request } from '../embedded-dynamodb/request.ts';
import { placeOf } from '../embedded-dynamodb/table-definition.ts';
import { parseItem } from '../embedded-dynamodb/value.ts';

/** Operations that answer with the capacity that they consumed. */
const METERED: ReadonlySet<string> = new Set([
  'BatchGetItem',
  'BatchWriteItem',
  'DeleteItem',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
]);

/** Requests and consumed units of one operation. */
export interface OperationUse {
  requests: number;
  units: number;
}

/**
 * A client whose requests a store in this process answers, without a network. It asks every operation for the capacity
 * that it consumed, and adds that up.
 */
export class StoreClient extends DynamoDbClient {
  readonly #context: OperationContext;
  /** By the name of the operation, since the last {@link takeUse}. */
  #use = new Map<string, OperationUse>();

  constructor(context: OperationContext) {
    super({
      endpoint: 'http://127.0.0.1',
      region: 'us-east-1',
      credentials: staticCredentials({ accessKeyId: 'local', secretAccessKey: 'local' }),
    });
    this.#context = context;
  }

  override async send(operation: string, body: string | Uint8Array): Promise<object> {
    const run = OPERATIONS.get(operation);
    if (run === undefined) throw new DynamoDbError('UnknownOperationException', operation, { status: 400 });
    const members = JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString()) as object;
    const isMetered = METERED.has(operation);
    const request = new Request(isMetered ? { ...members, ReturnConsumedCapacity: 'TOTAL' } : members);
    try {
      const answer = JSON.parse(await run(request, this.#context)) as object;
      if (isMetered) this.#count(operation, unitsOf(answer));
      return answer;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.name === 'ConditionalCheckFailedException') this.#count(operation, this.#refused(request));
      throw new DynamoDbError(error.name, error.message, { status: error.status, cause: error });
    }
  }

  /** Returns what was used since the last call, by operation. */
  takeUse(): ReadonlyMap<string, OperationUse> {
    const use = this.#use;
    this.#use = new Map();
    return use;
  }

  #count(operation: string, units: number): void {
    const use = this.#use.get(operation);
    if (use === undefined) this.#use.set(operation, { requests: 1, units });
    else {
      use.requests++;
      use.units += units;
    }
  }

  /** Returns the units of a write whose condition did not hold: DynamoDB charges for the item that it read. */
  #refused(request: Request): number {
    const table = this.#context.store.table(request.tableName());
    const key = parseItem(request.raw('Key') ?? request.raw('Item'));
    return writeUnits(table.latest(placeOf(table.definition, key))?.bytes ?? 0, 0);
  }
}

/** Returns the units in the answer of an operation, of all its tables. */
function unitsOf(answer: object): number {
  const { ConsumedCapacity: given } = answer as {
    ConsumedCapacity?: { CapacityUnits: number } | readonly { CapacityUnits: number }[];
  };
  const tables = given === undefined ? [] : 'CapacityUnits' in given ? [given] : given;
  return tables.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
}
