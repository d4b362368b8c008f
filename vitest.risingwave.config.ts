import { defineConfig } from 'vitest/config';

// `RISINGWAVE_URL=postgres://root@localhost:4566/dev npm run test:risingwave`: the same pipelines here and on a real
// RisingWave. Without the variable everything is skipped, which test/risingwave/support/announce.ts says.
export default defineConfig({
  test: {
    include: ['test/risingwave/**/*.test.ts'],
    globalSetup: ['test/risingwave/support/announce.ts'],
    fileParallelism: false,
    passWithNoTests: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
