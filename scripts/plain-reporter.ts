import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/** Ends a run with one plain line, `N passed, N failed`, that a machine can read. */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
        tests++;
      }
      // A file that fails before any of its tests runs (an import error, a type error) is one failure.
      if (module.state() === 'failed' && tests === 0) count.failed++;
    }
    // Neither an error outside any test nor an interrupted run may look like a pass.
    count.failed += errors.length + count.pending + (reason === 'interrupted' ? 1 : 0);
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    process.on('exit', () => process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`));
  }
}
