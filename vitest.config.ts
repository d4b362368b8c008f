import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// `npm test` runs what needs Node alone. Suites that need Java, PostgreSQL, a broker or a browser live in
// test/external/, those that need a RisingWave in test/risingwave/; each folder has a config of its own.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/external/**', 'test/risingwave/**', 'node_modules/**'],
    // Files share a thread per core and the modules it has loaded: to load and compile them for each file anew took a
    // third of the whole run. So a test leaves nothing behind in a module or in `process.env`.
    pool: 'threads',
    isolate: false,
    maxWorkers: availableParallelism(),
    // Ends what hangs. What takes a second takes a minute on a machine that is busy enough.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
