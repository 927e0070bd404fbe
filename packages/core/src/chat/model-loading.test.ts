import { expect, test } from 'vitest';
import { isLoadingError } from './model-loading.ts';
import { readServerError } from './server-error.ts';

test.each([
  [{ error: 'Loading model' }, true],
  [{ error: 'The model is loading.' }, true],
  [{ error: 'Model qwen3 is not ready.' }, true],
  [{ error: 'The model is not there.' }, false],
  [{ error: 'Please wait.', estimated_time: 20 }, true],
  [{ error: 'Please wait.', estimated_time: 'soon' }, false],
  [{ error: 'Please wait.' }, false],
])('%j is an error of a server that is loading its model: %s', (body, expected) => {
  expect(isLoadingError(readServerError(body))).toBe(expected);
});
