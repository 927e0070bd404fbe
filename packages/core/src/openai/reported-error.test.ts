import { expect, test } from 'vitest';
import { readError } from '../chat/read-error.ts';
import { createReportedError } from './reported-error.ts';

function reported(error: object, received?: string): object {
  const read = readError({ error });
  if (read === undefined) throw new Error('This is no error.');
  const redact = (text: string): string => text.replaceAll('secret', '[redacted]');
  return createReportedError(read, { received, redact, now: 0 });
}

test.each<[string, object, object]>([
  [
    'a context that is too long',
    { message: 'Too many tokens.', code: 'context_length_exceeded' },
    { name: 'ContextLengthError', serverCode: 'context_length_exceeded', body: 'what came' },
  ],
  [
    'output that the server cannot parse',
    { message: 'No.', code: 'tool_use_failed', failed_generation: '{secret' },
    {
      name: 'MalformedResponseError',
      serverCode: 'tool_use_failed',
      failedGeneration: '{[redacted]',
      received: 'what came',
    },
  ],
  [
    'a server that is busy',
    { message: 'Busy: secret. Try again in 1.5s.', code: 503 },
    { name: 'ProtocolError', retryable: true, retryAfterMs: 1_500, received: 'what came' },
  ],
  [
    'a request that is refused',
    { message: 'No. Try again in 2s.', code: 'invalid_api_key' },
    { name: 'ProtocolError', retryable: false, retryAfterMs: undefined, received: 'what came' },
  ],
])('an error inside a response has the received text: %s', (_, error, expected) => {
  expect(reported(error, 'what came')).toMatchObject(expected);
  expect(reported(error)).toMatchObject({ [`${'body' in expected ? 'body' : 'received'}`]: undefined });
});

test('an error inside a response contains no secrets', () => {
  expect(reported({ message: 'Busy: secret. Try again in 1.5s.', code: 503 })).toMatchObject({
    message:
      'Instead of a response, the server sent an error: "Busy: [redacted]. Try again in 1.5s." (503). Try again in 2 s.',
  });
});
