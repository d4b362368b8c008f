/** How a pipeline is written for a target. */
export interface RenderOptions {
  /** The version of the target, such as `3.0`: one of `Target.versions`. */
  readonly version: string;
  /**
   * Where sinks write. `dynamodb`: the target writes the items. `kafka`: it writes the changes of each sink to an upsert
   * topic, from which `freshet sink` writes the items.
   */
  readonly sinks: 'dynamodb' | 'kafka';
  /** Put in front of a sink's name to make the name of its topic. */
  readonly topicPrefix: string;
  /** Write options that hold secrets as `secret NAME`, for secrets that exist in the target. */
  readonly secrets: boolean;
  /** Keep WATERMARK, by which the target drops events that are later. Freshet drops none. */
  readonly keepWatermarks: boolean;
}
