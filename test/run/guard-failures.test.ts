import { inputGuard, outputGuard, toolGuard } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { createGuardedAgent, done } from './guarded-agent.ts';

const broken = (): never => {
  throw new Error('The list is gone.');
};

test.each([
  ['an input guard', inputGuard({ name: 'broken', check: broken })],
  ['an input guard before the request', inputGuard({ name: 'broken', mode: 'blocking', check: broken })],
  ['an output guard', outputGuard({ name: 'broken', check: broken })],
  // biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may return anything
  ['a guard that returns nothing', inputGuard({ name: 'broken', check: () => undefined as any })],
])('fails the run if %s fails', async (_, guard) => {
  const { agent } = createGuardedAgent([respond.call('send', { to: 'Ada' }), respond.text('Sent.')], {
    middleware: [guard],
  });
  const outcome = await agent.run('Go.').outcome();
  if (guard.wrapModelCall !== undefined && outcome.status === 'completed') throw new Error('It passed.');
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'GuardError', code: 'guard.failed' } });
});

test('does not run the call if a tool guard fails, and returns an error to the model', async () => {
  const guard = toolGuard({ name: 'broken', before: broken });
  const { agent } = createGuardedAgent([respond.call('send', { to: 'Ada' }), respond.text('Done.')], {
    middleware: [guard],
  });
  const { messages } = await agent.run('Go.');
  expect(done).toEqual([]);
  expect(messages[2]?.content).toBe('{"error":"Guard \\"broken\\" failed: The list is gone."}');
});

/** As from JavaScript, where no compiler helps. */
const gives = (verdict: object) => (): never => verdict as never;

test.each([
  [
    'a replacement of the output',
    outputGuard({ name: 'g', check: gives({ type: 'replace', content: 'x' }) }),
    'text is',
  ],
  ['the reason of a retry', outputGuard({ name: 'g', check: gives({ type: 'retry' }) }), 'reason is'],
  [
    'the reason of a refusal',
    outputGuard({ name: 'g', check: gives({ type: 'refuse' }) }),
    'The verdict is {"type":"refuse"}. Return',
  ],
  [
    'a replacement of the input',
    inputGuard({ name: 'g', mode: 'blocking', check: gives({ type: 'replace', message: 'x' }) }),
    'messages is',
  ],
])('fails the run for a verdict without %s, and names what is missing', async (_, guard, problem) => {
  const { agent } = createGuardedAgent([respond.text('Sent.'), respond.text('Sent.')], { middleware: [guard] });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'GuardError' } });
  expect(outcome.status === 'failed' && outcome.error.message).toContain(problem);
});

test.each([
  ['a replacement of the input', { before: gives({ type: 'replace', arguments: {} }) }, 'input is undefined', []],
  ['the reason of a denial', { before: gives({ type: 'deny', message: 'no' }) }, 'reason is undefined', []],
  ['a replacement of the result', { after: gives({ type: 'replace', text: 'x' }) }, 'content is undefined', ['Ada']],
])('fails closed for a call verdict without %s, and names what is missing', async (_, checks, problem, ran) => {
  const guard = toolGuard({ name: 'g', ...checks });
  const { agent } = createGuardedAgent([respond.call('send', { to: 'Ada' }), respond.text('Done.')], {
    middleware: [guard],
  });
  const { messages } = await agent.run('Go.');
  expect(messages[2]?.content).toContain(problem);
  expect(done).toHaveLength(ran.length);
});

test('fails closed if a check exceeds its timeout', async () => {
  const guard = inputGuard({ name: 'asleep', timeoutMs: 5_000, check: () => new Promise<never>(() => {}) });
  const { agent, clock } = createGuardedAgent([respond.text('Hello.')], { middleware: [guard] });
  const run = agent.run('Go.').outcome();
  await clock.advance(5_000);
  const outcome = await run;
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'GuardError' } });
  expect(clock.pending).toBe(0);
});

test.each([
  [() => inputGuard({ name: '', check: () => ({ type: 'allow' }) }), 'inputGuard: name is ""'],
  // @ts-expect-error: a guard without a check guards nothing
  [() => inputGuard({ name: 'a' }), 'inputGuard "a" has no check'],
  [() => toolGuard({ name: 'a' }), 'toolGuard "a" has no check'],
  [() => outputGuard({ name: 'a', maxRetries: -1, check: () => ({ type: 'allow' }) }), 'maxRetries is -1'],
  [() => inputGuard({ name: 'a', timeoutMs: 0, check: () => ({ type: 'allow' }) }), 'timeoutMs is 0'],
])('refuses an invalid guard when it is created', (make, message) => {
  expect(make).toThrow(message);
});
