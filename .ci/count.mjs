// Prints `PASSED FAILED`, the two counts of one vitest JSON report. Usage: node .ci/count.mjs REPORT EXIT_STATUS
// A file that could not be loaded or set up counts as one failure, and so does a run that ended with an error although
// no test failed. A skipped test counts as neither; its name goes to stderr.
import { existsSync, readFileSync } from 'node:fs';

const [report, status] = process.argv.slice(2);
if (!existsSync(report)) {
  console.error('the suite wrote no report, so it did not run');
  console.log('0 1');
  process.exit(0);
}
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
let failed = numFailedTests;
for (const file of testResults) {
  const tests = file.assertionResults;
  const hasFailedTest = tests.some((test) => test.status === 'failed');
  if ((file.status === 'failed' && !hasFailedTest) || tests.length === 0) {
    console.error(`did not run: ${file.name}: ${file.message}`);
    failed++;
  }
  for (const test of tests) {
    if (test.status !== 'passed' && test.status !== 'failed') console.error(`skipped: ${test.fullName}`);
  }
}
if (failed === 0 && (status !== '0' || numPassedTests === 0)) {
  console.error(
    `no test failed, but the suite exited with status ${status} after ${numPassedTests} passed tests`,
  );
  failed = 1;
}
console.log(`${numPassedTests} ${failed}`);
