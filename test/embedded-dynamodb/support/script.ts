import type { Answer } from './call.ts';

export interface Call {
  readonly operation: string;
  readonly body: object | string;
  /** Our answer and the reason, if DynamoDB Local differs from the documentation of the service. */
  readonly ours?: { readonly answer: Answer; readonly why: string };
}

export type Script = readonly Call[];

export function call(operation: string, body: object | string): Call {
  return { operation, body };
}

/** Returns a call that DynamoDB Local answers differently from the service. */
export function ours(made: Call, answer: Answer, why: string): Call {
  return { ...made, ours: { answer, why } };
}

export function refused(error: string): Answer {
  return { error, status: 400 };
}
