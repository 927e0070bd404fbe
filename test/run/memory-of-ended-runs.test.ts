import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { offlineServer, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';

test.each(['whole', 'streamed'])('frees an ended run with the next minor collection: %s', async (how) => {
  const server = await offlineServer({
    keepRequests: 1,
    script: ({ messages }) => {
      const turn = messages.filter(({ role }) => role === 'tool').length;
      return turn === 3 ? respond.text('Done.') : respond.call('add', { turn });
    },
  });
  onTestFinished(() => server.close());
  const args = ['--expose-gc', join(import.meta.dirname, 'measure-memory.ts'), server.baseURL, how];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  // One function written straight into a property of each call leaves 18,500.
  expect(Number(stdout)).toBeLessThan(10_000);
});
