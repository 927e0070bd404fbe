import { ToolError } from '@pawl/core';
import { expect, test } from 'vitest';
import type { WorkerSource } from './convert-worker-source.ts';
import { toMarkdown } from './to-markdown.ts';

const signal = new AbortController().signal;

/** What is thrown with this worker. */
async function thrown(source: WorkerSource): Promise<ToolError> {
  const error: unknown = await toMarkdown('<p>a</p>', { signal, source }).catch((reason: unknown) => reason);
  if (ToolError.isInstance(error)) return error;
  throw new Error(`No ToolError was thrown, but ${String(error)}.`);
}

test('a page is made into Markdown', async () => {
  expect(await toMarkdown('<h1>A</h1><p>one <b>two</b></p>', { signal })).toBe('# A\n\none **two**');
});

test.each([
  ['that memory is short', 'const a = []; for (;;) a.push(new Array(1e5).fill(0.5));', 'it needs too much memory'],
  ['that the text is long', 'post({ type: "too_long" })', 'its text is too long'],
  ['that the page is deep', 'post({ type: "too_deep" })', 'its elements are nested too deeply'],
])('the model is told %s', async (_, work, why) => {
  const { message, cause } = await thrown({
    text: `const post = (a) => require("node:worker_threads").parentPort.postMessage(a); ${work}`,
  });
  expect([message, cause]).toEqual([`The page is too complex to be read: ${why}. Try another one.`, undefined]);
});

test('what the converter throws is the cause of another error, which says nothing of the page', async () => {
  const post = 'require("node:worker_threads").parentPort.postMessage({ type: "failed", message: "TypeError: no" })';
  const { message, cause } = await thrown({ text: post });
  expect(message).toBe('The page could not be made into text. Try another one.');
  expect(cause).toMatchObject({ message: 'TypeError: no' });
});

test.each([
  ['can not be loaded', 'require("./nothing.js")', 'Cannot find module'],
  ['can not be read', 'const', 'Unexpected'],
  ['ends without a word', 'process.exit(3)', 'The worker ended with exit code 3.'],
  ['ends well without a word', '', 'The worker ended with exit code 0.'],
])('a worker that %s is the operator’s, and no fault of the page', async (_, text, cause) => {
  const error = await thrown({ text });
  expect(error.message).toBe(
    'The page was not read: the worker that makes text of pages could not be run. Tell the user.',
  );
  expect(error.cause).toMatchObject({ message: expect.stringContaining(cause) });
});

test('a worker whose file is gone is the operator’s', async () => {
  const { cause } = await thrown({ url: new URL('./nothing.js', import.meta.url) });
  expect(cause).toMatchObject({ message: expect.stringContaining('nothing.js') });
});
