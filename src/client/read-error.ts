import { FreshetError } from '../values/freshet-error.ts';

/**
 * Why a read was given up, besides DynamoDB's own errors.
 *
 * | code             | meaning                                                                          |
 * |------------------|----------------------------------------------------------------------------------|
 * | deadline         | the deadline of the call passed without an answer                                |
 * | aborted          | the caller's AbortSignal aborted the call; `cause` is the signal's reason        |
 * | closed           | the client was closed                                                            |
 * | unknown_domain   | the schema has no such domain                                                    |
 * | wrong_layout     | the domain's layout has no answer to this question; the hint says which has      |
 * | invalid_viewer   | the viewer id cannot be a value of the table's partition key                     |
 * | invalid_option   | an option has a value outside of its range                                       |
 * | other_version    | a later version of Freshet wrote the item, or it is damaged                       |
 * | malformed_answer | DynamoDB's answer is not what its protocol allows                                |
 */
export type ReadErrorCode =
  | 'deadline'
  | 'aborted'
  | 'closed'
  | 'unknown_domain'
  | 'wrong_layout'
  | 'invalid_viewer'
  | 'invalid_option'
  | 'other_version'
  | 'malformed_answer';

/** A read that the client gave up or refused; see {@link ReadErrorCode}. */
export class ProfileReadError extends FreshetError<ReadErrorCode> {}
