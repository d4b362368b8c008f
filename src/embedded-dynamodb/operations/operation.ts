import type { Request } from '../request.ts';
import type { Store } from '../store.ts';

export interface OperationContext {
  readonly store: Store;
  readonly now_ms: () => number;
}

/** One call of the API: the request's members in, the answer's JSON out. Throws or rejects with ApiError. */
export type Operation = (request: Request, context: OperationContext) => string | Promise<string>;
