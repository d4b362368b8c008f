const SERVICE = 'com.amazonaws.dynamodb.v20120810#';
const VALIDATION = 'com.amazon.coral.validate#';
const FRAMEWORK = 'com.amazon.coral.service#';

const NAMESPACES: Readonly<Record<string, string>> = {
  ValidationException: VALIDATION,
  SerializationException: FRAMEWORK,
  UnknownOperationException: FRAMEWORK,
  MissingAuthenticationTokenException: FRAMEWORK,
};

/** An error response, under DynamoDB's name for it. */
export class ApiError extends Error {
  /** HTTP status: 400 for errors of the caller, 500 for errors that it may retry. */
  readonly status: number;
  /** Further members of the response. */
  readonly extra: object;

  constructor(name: string, message: string, options: { status?: number; extra?: object } = {}) {
    super(message);
    this.name = name;
    this.status = options.status ?? 400;
    this.extra = options.extra ?? {};
  }

  /** Member `__type` of the response. */
  get type(): string {
    return (NAMESPACES[this.name] ?? SERVICE) + this.name;
  }
}

/** Returns the error for a request that can never succeed. */
export function invalid(message: string): ApiError {
  return new ApiError('ValidationException', message);
}

/** Returns the error for an invalid parameter value, in DynamoDB's words. */
export function invalidParameter(reason: string): ApiError {
  return invalid(`One or more parameter values were invalid: ${reason}`);
}

/** Returns the error for JSON of the wrong type somewhere in a request. */
export function unserializable(message: string): ApiError {
  return new ApiError('SerializationException', message);
}

export function noSuchTable(table: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Requested resource not found: Table: ${table} not found`);
}
