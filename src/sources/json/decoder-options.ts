export interface JsonDecoderOptions {
  /** A longer record is refused. Default 1 MiB. */
  readonly maxRecordBytes?: number | undefined;
  /** A record nested deeper is refused. Default 64. */
  readonly maxDepth?: number | undefined;
  /** False: every record takes the exact path, to which tests compare the generated scanners. Default true. */
  readonly generated?: boolean | undefined;
}
