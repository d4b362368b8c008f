import type { Target } from '../target.ts';

export const RISINGWAVE: Target = {
  name: 'risingwave',
  rules: async () => (await import('./rules.ts')).RISINGWAVE_RULES,
  versions: ['2.8', '3.0'],
  render: async () => (await import('./render/render.ts')).renderForRisingWave,
  state: async () => (await import('./state-tables.ts')).stateTables,
};
