import { expect, test } from 'vitest';
import { explainStatus } from './describe-run.ts';

test.each([
  [{ status: 'limited', limit: 'tokens', spent: 12_000, max: 10_000 }, 'limits.tokens: 12\u2009000 of 10\u2009000'],
  [{ status: 'limited', limit: 'cost', spent: 0.5, max: 0.4 }, 'limits.cost: $0.500 of $0.400'],
  [{ status: 'refused', guard: 'secrets', refusal: 'A key.' }, 'guard secrets: A key.'],
  [{ status: 'refused', refusal: 'I cannot.' }, 'I cannot.'],
  [{ status: 'aborted', reason: 'Enough.' }, 'Enough.'],
  [{ status: 'failed', error: { name: 'HttpError', code: 'http.500', message: 'Broken.' } }, 'http.500: Broken.'],
  [{ status: 'suspended', pending: [{ call: { function: { name: 'pay' } } }] }, 'waits for pay'],
  [{ status: 'completed', text: 'Done.', output: 'Done.' }, 'Done.'],
  [{ status: 'completed', output: { a: 1 } }, '{"a":1}'],
  [{ status: 'truncated', text: 'Half' }, 'Half'],
])('%j', (outcome, text) => {
  expect(explainStatus({ status: outcome.status, outcome })).toBe(text);
});

test('an outcome that is no longer that of the run explains nothing', () => {
  expect(explainStatus({ status: 'running', outcome: { status: 'suspended', pending: [] } })).toBe('');
  expect(explainStatus({ status: 'running', outcome: null })).toBe('');
  expect(explainStatus({ status: 'interrupted', outcome: null })).toBe('No process works on it.');
});
