import { expect, test } from 'vitest';
import { createNetworkError } from './network-error.ts';
import { TransportError } from './transport/transport.ts';

const redact = (text: string): string => text.replaceAll('secret', '[redacted]');

function failed(cause: unknown): object {
  const error = createNetworkError(new TransportError({ phase: 'request', staleSocket: false, cause }), {
    address: 'host:1',
    redact,
  });
  return { code: error.code, phase: error.phase, message: error.message };
}

/** An error inside `depth` others. */
function inside(error: Error, depth: number): Error {
  return depth === 0 ? error : new Error('outer', { cause: inside(error, depth - 1) });
}

const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

test('finds the code of the system inside seven other errors, but not deeper', () => {
  expect(failed(inside(reset, 7))).toMatchObject({ code: 'network.reset' });
  expect(failed(inside(reset, 8))).toMatchObject({ code: 'network.failed' });
});

test('names the innermost error by its message if none has a code, or by its class if it has no message', () => {
  expect(failed(inside(new Error('the secret reason'), 2))).toMatchObject({
    code: 'network.failed',
    message: expect.stringContaining('(the [redacted] reason)'),
  });
  expect(failed(new TypeError())).toMatchObject({ message: expect.stringContaining('(TypeError)') });
});

test('reads the first of several addresses that were tried', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
  expect(failed(new AggregateError([refused, reset]))).toMatchObject({ code: 'network.refused', phase: 'connect' });
});
