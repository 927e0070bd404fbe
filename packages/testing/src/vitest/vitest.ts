import { expect } from 'vitest';
import { matchers, type RunMatchers } from './matchers.ts';
import { runSerializer } from './run-serializer.ts';

// Importing this module is what makes the matchers and the serializer known: `setupFiles: ['@pawl/testing/vitest']`.
expect.extend(matchers);
expect.addSnapshotSerializer({
  test: runSerializer.test,
  // biome-ignore lint/complexity/useMaxParams: vitest passes these
  serialize: (value, config, indentation, depth, refs, printer) =>
    runSerializer.print(value, (clean) => printer(clean, config, indentation, depth, refs)),
});

export type { Allowance, ToolSequence } from '../trajectory/rules.ts';
export type { ExpectedOutcome, RunMatchers } from './matchers.ts';

declare module 'vitest' {
  interface Matchers<R, T> extends RunMatchers<R> {}
}
