export interface JsonDecoderOptions {
  /** A longer record is refused. Default 1 MiB. */
  readonly maxRecordBytes?: number | undefined;
  /** A record nested deeper is refused. Default 64. */
  readonly maxDepth?: number | undefined;
  /** false: every record goes the exact way; for tests, and the reference of the generated scanners. */
  readonly generated?: boolean | undefined;
}
