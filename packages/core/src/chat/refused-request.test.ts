import { expect, test } from 'vitest';
import { isRefusedRequest } from './refused-request.ts';
import { readServerError } from './server-error.ts';

test.each([
  [{ message: 'No.', type: 'not_supported_error' }, true],
  [{ message: 'No.', code: 'unsupported_parameter' }, true],
  [{ message: 'No.', param: 'tools[0]' }, true],
  [{ message: 'No.', param: 'tool' }, true],
  [{ message: 'No.', param: 'max_tokens' }, true],
  [{ message: 'No.', param: 'stream' }, true],
  [{ message: 'No.', param: 'stream_options' }, true],
  [{ message: 'No.', param: 'quota' }, false],
  [{ message: 'No.', param: 'tools', code: 5030 }, true],
  [{ message: 'No.', param: 'tools', code: 503 }, false],
  [{ message: 'No.', type: 'invalid_request_error' }, true],
  [{ message: 'Upstream is gone.', type: 'invalid_request_error' }, false],
  [{ message: 'No.', type: 'server_error' }, false],
  [{ message: 'No.', type: 'not_supported_error', code: 429 }, false],
])('%j rejects the request itself: %s', (error, expected) => {
  expect(isRefusedRequest(readServerError({ error }))).toBe(expected);
});
