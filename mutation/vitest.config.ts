// The tests that a room names, for Stryker. They run in a copy of the workspace, one file after the other.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { CANARY } from '../test/canary/canary.ts';

/** Unit tests first: the run of a mutant ends with the first test that fails. */
class UnitTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => orderOf(one).localeCompare(orderOf(other)));
  }
}

function orderOf({ moduleId }: TestSpecification): string {
  const group = moduleId.includes('/packages/') ? 0 : moduleId.includes('/chat/corpus') ? 2 : 1;
  return `${group} ${moduleId}`;
}

const tests: readonly string[] = JSON.parse(process.env['MUTATION_TESTS'] ?? '[]');

export default defineConfig({
  test: {
    include: tests.filter((glob) => !glob.startsWith('!')),
    exclude: tests.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)),
    isolate: false,
    // For the first run, on a busy machine. Stryker gives up a mutant that hangs long before.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 8_000 } },
    // Generated tests try a part of their examples, the same ones for each mutant.
    env: { OPENAI_API_KEY: CANARY, SOAK: '0.1' },
    setupFiles: ['./test/canary/setup.ts', './test/fixed-examples.ts'],
    sequence: { sequencer: UnitTestsFirst },
  },
});
