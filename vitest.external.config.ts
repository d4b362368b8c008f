import { defineConfig } from 'vitest/config';

// `npm run test:external`: suites that start real neighbours (PostgreSQL, Kafka, DynamoDB Local, a browser). One file
// after the other, since each brings processes of its own, and with time to start them.
export default defineConfig({
  test: {
    include: ['test/external/**/*.test.ts'],
    fileParallelism: false,
    passWithNoTests: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
