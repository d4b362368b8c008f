import type { Request } from '../request.ts';
import type { Store } from '../store.ts';

export interface OperationContext {
  readonly store: Store;
  readonly now_ms: () => number;
}

/** An operation of the API, from a request's members to the response's JSON. Throws or rejects with ApiError. */
export type Operation = (request: Request, context: OperationContext) => string | Promise<string>;
