import type { Answer } from './call.ts';

export interface Call {
  readonly operation: string;
  readonly body: object | string;
  /** Our answer, and the reason, where we follow the service's documentation and DynamoDB Local does not. */
  readonly ours?: { readonly answer: Answer; readonly why: string };
}

export type Script = readonly Call[];

export function call(operation: string, body: object | string): Call {
  return { operation, body };
}

/** A call that DynamoDB Local answers unlike the service. */
export function ours(made: Call, answer: Answer, why: string): Call {
  return { ...made, ours: { answer, why } };
}

export function refused(error: string): Answer {
  return { error, status: 400 };
}
