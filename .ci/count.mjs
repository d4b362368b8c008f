// Prints `passed failed` of one vitest JSON report. What should have run and did not counts as failed: a file that
// could not be loaded or set up, and a run that ended badly without a failing test. Tests that skip themselves (they
// say why) are named, and count as neither.
import { existsSync, readFileSync } from 'node:fs';

const [report, status] = process.argv.slice(2);
if (!existsSync(report)) {
  console.error('the suite left no report: it did not run');
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
  console.error(`the suite ended with status ${status}`);
  failed = 1;
}
console.log(`${numPassedTests} ${failed}`);
