import type { Target } from '../target.ts';

export const RISINGWAVE: Target = {
  name: 'risingwave',
  rules: async () => (await import('./rules.ts')).RISINGWAVE_RULES,
};
