const SERVICE = 'com.amazonaws.dynamodb.v20120810#';
const VALIDATION = 'com.amazon.coral.validate#';
const FRAMEWORK = 'com.amazon.coral.service#';

const NAMESPACES: Readonly<Record<string, string>> = {
  ValidationException: VALIDATION,
  SerializationException: FRAMEWORK,
  UnknownOperationException: FRAMEWORK,
  MissingAuthenticationTokenException: FRAMEWORK,
};

/** An answer other than success, under the name that DynamoDB gives it. */
export class ApiError extends Error {
  /** HTTP status: 400 for what the caller can mend, 500 for what it may try again. */
  readonly status: number;
  /** More members of the answer. */
  readonly extra: object;

  constructor(name: string, message: string, options: { status?: number; extra?: object } = {}) {
    super(message);
    this.name = name;
    this.status = options.status ?? 400;
    this.extra = options.extra ?? {};
  }

  /** `__type` of the answer. */
  get type(): string {
    return (NAMESPACES[this.name] ?? SERVICE) + this.name;
  }
}

/** The request can never succeed. */
export function invalid(message: string): ApiError {
  return new ApiError('ValidationException', message);
}

/** A parameter value that DynamoDB refuses, in its own words. */
export function invalidParameter(reason: string): ApiError {
  return invalid(`One or more parameter values were invalid: ${reason}`);
}

/** The request has JSON of another type than it should at some place. */
export function unserializable(message: string): ApiError {
  return new ApiError('SerializationException', message);
}

export function noSuchTable(table: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Requested resource not found: Table: ${table} not found`);
}
