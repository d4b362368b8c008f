/** The values of `freshet.layout`, in the order of reports. */
export const LAYOUT_NAMES = ['domain', 'wide', 'metric', 'daily', 'packed'] as const;

/** A value of `freshet.layout`. */
export type LayoutName = (typeof LAYOUT_NAMES)[number];
