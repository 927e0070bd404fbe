import { Agent, type RunEvent, tool } from '@pawl/core';
import { type Instrumentation, instrumentMcpCall } from '@pawl/core/instrumentation';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

type HookName = keyof Instrumentation;

const HOOKS: readonly HookName[] = [
  'instrumentRun',
  'instrumentModelCall',
  'instrumentAttempt',
  'instrumentToolCall',
  'instrumentMcpCall',
];

const broken = (): never => {
  throw new Error('The hook is broken.');
};

/** Runs an agent with a tool call, and tells what came of it and which failures were reported. */
async function run(instrumentation: Instrumentation, clock = manualClock()) {
  let calls = 0;
  const look = tool({
    name: 'look',
    input: z.object({}),
    effect: 'read',
    execute: (_, context) =>
      instrumentMcpCall(context, { method: 'tools/call' }, async () => {
        calls++;
        return 'seen';
      }),
  });
  const model = scriptedModel([respond.call('look'), respond.text('Seen.')]);
  const reported: string[] = [];
  const listener = (event: RunEvent): void => {
    if (event.type === 'listener.failed') reported.push(`${event.event}: ${event.error.message}`);
  };
  const agent = new Agent({ model, tools: [look], instrumentation, clock, listeners: { '*': listener } });
  const outcome = await agent.run('Go.').outcome();
  return { status: outcome.status, text: 'text' in outcome ? outcome.text : undefined, calls, reported };
}

const COMPLETED = { status: 'completed', text: 'Seen.', calls: 1 };

describe.each(HOOKS)('%s', (name) => {
  // Each form is wrong by the contract of the port.
  test.each<[string, (span: unknown, work: () => Promise<unknown>) => unknown, string]>([
    ['throws', broken, 'The hook is broken.'],
    ['rejects', async () => broken(), 'The hook is broken.'],
    ['throws after its work', (_, work) => work().then(broken), 'The hook is broken.'],
    ['does not call its work', async () => undefined, 'did not call its work'],
  ])('changes nothing if it %s, and is reported once', async (_, hook, message) => {
    const { reported, ...ended } = await run({ [name]: hook });
    expect(ended).toEqual(COMPLETED);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toContain(`instrumentation.${name}: `);
    expect(reported[0]).toContain(message);
  });

  test.each<[string, (span: unknown, work: () => Promise<unknown>) => unknown]>([
    ['resolves something else', (_, work) => work().then(() => 'else')],
    ['calls its work twice', async (_, work) => (await Promise.all([work(), work()]))[0]],
    ['drops the promise of its work', async (_, work) => void work()],
    ['returns no promise', (_, work) => void work()],
  ])('changes nothing if it %s', async (_, hook) => {
    expect(await run({ [name]: hook })).toEqual({ ...COMPLETED, reported: [] });
  });

  test.each<[string, (span: unknown, work: () => Promise<unknown>) => unknown, string]>([
    ['does not settle', (_, work) => work().then(() => new Promise(() => undefined)), 'did not settle'],
    ['never begins', () => new Promise(() => undefined), 'did not call its work'],
  ])('holds the work for 5 seconds at most if it %s', async (_, hook, message) => {
    const clock = manualClock();
    const running = run({ [name]: hook }, clock);
    let hasEnded = false;
    void running.finally(() => {
      hasEnded = true;
    });
    // A hook of attempts is called twice, and each waits once more if it has not ended with its work.
    for (let count = 0; count < 10 && !hasEnded; count++) await clock.advance(5_000);
    const { reported, ...ended } = await running;
    expect(ended).toEqual(COMPLETED);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toContain(message);
    expect(reported[0]).toContain('within 5 s');
  });
});

test('rejects as the work does, if the hook hides that', async () => {
  const model = scriptedModel([respond.httpError(400)]);
  const hidden: Instrumentation = {
    instrumentAttempt: (_, work) => work().catch(() => undefined as never),
    instrumentModelCall: (_, work) => work().catch(() => undefined as never),
  };
  const { status } = await new Agent({ model, instrumentation: hidden }).run('Go.').outcome();
  expect(status).toBe('failed');
});

test.each<[HookName, unknown, string]>([
  ['traceparent', broken, 'The hook is broken.'],
  ['tracestate', broken, 'The hook is broken.'],
  ['shouldInstrumentCalls', broken, 'The hook is broken.'],
  ['traceparent', () => 7, 'returned 7, which is no header'],
  ['traceparent', () => 'a\r\nx-injected: 1', 'which is no header'],
  ['tracestate', () => ({}), 'which is no header'],
])('reports a wrong %s once, and goes on without it', async (name, hook, message) => {
  const { reported, ...ended } = await run({ [name]: hook, instrumentModelCall: (_, work) => work() });
  expect(ended).toEqual(COMPLETED);
  expect(reported).toHaveLength(1);
  expect(reported[0]).toContain(`instrumentation.${name}: `);
  expect(reported[0]).toContain(message);
});
