import { defineConfig } from 'vitest/config';

// `npm run test:external`: suites that start real neighbours (PostgreSQL, Kafka, DynamoDB Local, a browser). One file
// after the other, since each brings processes of its own, and with time to start them on a machine that is busy.
export default defineConfig({
  test: {
    include: ['test/external/**/*.test.ts'],
    fileParallelism: false,
    passWithNoTests: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
