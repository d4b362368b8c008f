/** Events in the order in which they reach the pipeline. */
export interface Traffic {
  /** When the first event comes; Infinity if there is none. */
  readonly start_us: number;
  /** A time by which all events have come. */
  readonly end_us: number;
  /** A time before which no further event comes. */
  readonly quietUntil_us: number;
  /** True if texts that no view holds may be freed between barriers: no event is decoded ahead of its time. */
  readonly allowsSweeps: boolean;
  /** Pushes the events before a time to the kernel, and returns their number. */
  pushBefore(time_us: number): number;
}
