import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/**
 * Ends a test run with one line, `N passed, N failed`, which programs can read. Where `PAWL_TEST_COUNTS` names a file, the line
 * includes the tests of earlier runs that had the same file.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      const failedBefore = count.failed;
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that fails outside its tests, for example by an import error, a type error or a hook, is one failure.
      if (module.state() === 'failed' && count.failed === failedBefore) count.failed++;
    }
    // An error outside the tests, and an interrupted run, must not count as passed.
    count.failed += errors.length + count.pending + (reason === 'interrupted' ? 1 : 0);
    const file = process.env['PAWL_TEST_COUNTS'];
    if (file !== undefined) {
      const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
      for (const state of ['passed', 'failed', 'skipped'] as const) count[state] += earlier[state] ?? 0;
      writeFileSync(file, JSON.stringify(count));
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    process.on('exit', () => process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`));
  }
}
