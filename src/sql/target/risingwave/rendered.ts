/** The end of the hint of a finding that `freshet render` takes care of. */
export const RENDERED = 'freshet render --target risingwave writes it so';
