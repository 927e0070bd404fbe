import { ToolError } from '@pawl/core';
import { expect, test } from 'vitest';
import type { WorkerSource } from './convert-worker-source.ts';
import { toMarkdown } from './to-markdown.ts';

const signal = new AbortController().signal;

/** Returns the error of a conversion by this worker. */
async function thrown(source: WorkerSource): Promise<ToolError> {
  const error: unknown = await toMarkdown('<p>a</p>', { signal, source }).catch((reason: unknown) => reason);
  if (ToolError.isInstance(error)) return error;
  throw new Error(`No ToolError was thrown, but ${String(error)}.`);
}

test('converts a page to Markdown', async () => {
  expect(await toMarkdown('<h1>A</h1><p>one <b>two</b></p>', { signal })).toBe('# A\n\none **two**');
});

test.each([
  ['needs too much memory', 'const a = []; for (;;) a.push(new Array(1e5).fill(0.5));', 'it needs too much memory'],
  ['makes too long a text', 'post({ type: "too_long" })', 'its text is too long'],
  ['finds elements nested too deeply', 'post({ type: "too_deep" })', 'its elements are nested too deeply'],
])('tells the model when the worker %s', async (_, work, why) => {
  const { message, cause } = await thrown({
    text: `const post = (a) => require("node:worker_threads").parentPort.postMessage(a); ${work}`,
  });
  expect([message, cause]).toEqual([`The page is too complex to convert: ${why}. Fetch another page.`, undefined]);
});

test('reports an error of the converter as the cause of a ToolError that does not quote it', async () => {
  const post = 'require("node:worker_threads").parentPort.postMessage({ type: "failed", message: "TypeError: no" })';
  const { message, cause } = await thrown({ text: post });
  expect(message).toBe('The page could not be converted to text. Fetch another page.');
  expect(cause).toMatchObject({ message: 'TypeError: no' });
});

test.each([
  ['cannot load a module', 'require("./nothing.js")', 'Cannot find module'],
  ['has a syntax error', 'const', 'Unexpected'],
  ['exits with a code and no message', 'process.exit(3)', 'The worker ended with exit code 3.'],
  ['exits with code 0 and no message', '', 'The worker ended with exit code 0.'],
])('reports a worker that %s as a problem of the operator', async (_, text, cause) => {
  const error = await thrown({ text });
  expect(error.message).toBe('The page was not converted: the conversion worker could not be run. Tell the user.');
  expect(error.cause).toMatchObject({ message: expect.stringContaining(cause) });
});

test('reports a missing worker file as a problem of the operator', async () => {
  const { cause } = await thrown({ url: new URL('./nothing.js', import.meta.url) });
  expect(cause).toMatchObject({ message: expect.stringContaining('nothing.js') });
});
