import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import { openai } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { waitForDeadlines } from '../quiet.ts';
import { helloEvents } from './hello.ts';
import { serve } from './test-server.ts';
import { transports } from './transports.ts';

test.each(transports)('leaves no listener or timer after a response over $over', async ({ options }) => {
  const server = await serve(helloEvents);
  const clock = manualClock();
  const { signal } = new AbortController();
  await openai('m', { baseURL: server.baseURL, ...options }).send({ messages: [], stream: true }, { signal, clock });
  await waitForDeadlines(clock);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('idle connections do not keep the process alive', async () => {
  const { baseURL } = await serve(helloEvents);
  const script = `
    const { openai } = await import('@pawl/core');
    const { choices } = await openai('m', { baseURL: '${baseURL}' }).send({ messages: [], stream: true });
    process.on('exit', () => console.log(choices[0].message.content));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
  });
  expect(stdout).toEqual('Hello\n');
});
