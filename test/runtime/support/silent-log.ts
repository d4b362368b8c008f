import type { Log } from '../../../src/runtime/log.ts';

const nothing = (): void => {};

/** Takes no notice. */
export const SILENT_LOG: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
