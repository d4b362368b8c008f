import type { Log } from '../../../src/runtime/log.ts';

const nothing = (): void => {};

/** Discards all messages. */
export const SILENT_LOG: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
