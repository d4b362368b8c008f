import { defineConfig } from 'vitest/config';

// `npm test` runs what needs Node alone. Suites that need Java, PostgreSQL, a broker or a browser live in
// test/external/ and have a config of their own.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/external/**', 'node_modules/**'],
    testTimeout: 30_000,
  },
});
