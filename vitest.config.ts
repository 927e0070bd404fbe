import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { CANARY } from './test/canary/canary.ts';

export default defineConfig({
  test: {
    // Many tests wait for processes, files, databases and browsers: with as many workers as cores, a quarter of the time is idle.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // Only what hangs comes to it: the longest take twenty seconds, and a busy machine ten times as long. A hook may start a PostgreSQL.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // What is polled for fails by never coming, not by coming late.
    expect: { poll: { timeout: 20_000 } },
    // What two hundred files import is loaded once in each worker: that took a third of the time. A test puts back what it changes of the process.
    isolate: false,
    reporters: ['default', './scripts/plain-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: { lines: 80, branches: 70 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          // Whatever the suite emits is searched for the key that its models send.
          // The hundreds of processes that tests start compile the same modules.
          env: {
            OPENAI_API_KEY: CANARY,
            NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled'),
          },
          setupFiles: ['./test/canary/setup.ts'],
          benchmark: { include: ['bench/**/*.bench.ts'] },
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          benchmark: { include: [] },
          typecheck: { enabled: true, only: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
    ],
  },
});
