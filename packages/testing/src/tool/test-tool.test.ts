import { customTool, ToolError, tool } from '@pawl/core';
import { requireApproval, toolGuard } from '@pawl/core/middleware';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../clock/manual-clock.ts';
import { testTool } from './test-tool.ts';

const divide = tool({
  name: 'divide',
  description: 'Divides one number by another.',
  input: z.object({ by: z.number().describe('What to divide 100 by.') }),
  effect: 'read',
  execute({ by }, { reportProgress: progress }) {
    if (by === 0) throw new ToolError('Nothing can be divided by 0.');
    progress({ done: 0.5 });
    return { result: 100 / by };
  },
});

test('returns what the model reads and the reported progress of a finished call', async () => {
  const finished = {
    status: 'finished',
    content: '{"result":25}',
    lossyPaths: [],
    parts: [],
    progress: [{ done: 0.5 }],
  };
  expect(await testTool(divide).call({ by: 4 })).toEqual(finished);
});

test('fails a call whose tool throws, with the text for the model', async () => {
  expect(await testTool(divide).call({ by: 0 })).toMatchObject({
    status: 'failed',
    reason: 'threw',
    content: expect.stringContaining('Nothing can be divided by 0.'),
    error: { name: 'ToolError' },
  });
});

test.each([
  ['of the wrong type', { by: 'four' }, 'by: expected number'],
  ['that are missing', undefined, 'by'],
  ['that are not JSON', '{"by":', 'JSON'],
])('fails a call with the arguments %s and tells the model why', async (_, given, problem) => {
  const called = await testTool(divide).call(given);
  expect(called).toMatchObject({ status: 'failed', reason: 'invalid', content: expect.stringContaining(problem) });
});

test('leaves a call that needs approval pending, and shows the pending call', async () => {
  const [guarded = divide] = requireApproval([{ ...divide, preview: ({ by }: { by: number }) => `100 / ${by}` }]);
  expect(await testTool(guarded).call({ by: 4 })).toMatchObject({
    status: 'pending',
    pending: { preview: '100 / 4', input: { by: 4 } },
  });
});

test.each([
  ['approve', { status: 'finished', content: '{"result":25}' }],
  ['deny', { status: 'skipped', reason: 'denied', content: expect.stringContaining('Not now.') }],
] as const)('continues a pending call with its answer: %s', async (type, expected) => {
  const [guarded = divide] = requireApproval([divide]);
  const answer = ({ fingerprint }: { readonly fingerprint: string }) =>
    type === 'approve' ? ({ type, fingerprint } as const) : ({ type, fingerprint, reason: 'Not now.' } as const);
  expect(await testTool(guarded, { answer }).call({ by: 4 })).toMatchObject(expected);
});

test('ends a tool at its deadline on a manual clock', async () => {
  const clock = manualClock();
  const hanging = tool({
    name: 'hang',
    description: 'Never ends.',
    input: z.object({}),
    timeoutMs: 5_000,
    execute: () => new Promise(() => undefined),
  });
  const called = testTool(hanging, { clock }).call();
  while (!clock.running.includes(5_000)) await clock.advance(0);
  await clock.advance(5_000);
  expect(await called).toMatchObject({ status: 'failed', reason: 'timeout', content: expect.stringContaining('5 s') });
});

test('runs tool guards around the call', async () => {
  const guard = toolGuard({ name: 'no', before: () => ({ type: 'deny', reason: 'Not today.' }) });
  const called = await testTool(divide, { middleware: [guard] }).call({ by: 4 });
  expect(called).toMatchObject({ content: expect.stringContaining('Not today.') });
});

test('passes the context to the tool', async () => {
  const whose = tool({
    name: 'whose',
    description: 'Says whose it is.',
    input: z.object({}),
    execute: (_, { context }: { context: { name: string } }) => context.name,
  });
  expect(await testTool(whose, { context: { name: 'Ada' } }).call()).toMatchObject({ content: 'Ada' });
});

test('reports paths without an exact JSON form, and keeps the whole of a truncated text', async () => {
  const big = tool({
    name: 'big',
    description: 'Gives a lot.',
    input: z.object({}),
    maxResultLength: 100,
    execute: () => ({ when: new Map([['a', 1]]), text: 'x'.repeat(500) }),
  });
  const called = await testTool(big).call();
  if (called.status !== 'finished') throw new Error(called.status);
  expect(called.lossyPaths).toEqual(['when']);
  expect([called.content.length < 400, called.fullContent?.length]).toEqual([true, expect.any(Number)]);
});

test('passes the text to a custom tool', async () => {
  const shout = customTool({ name: 'shout', description: 'Shouts a text.', execute: (text) => text.toUpperCase() });
  expect(await testTool(shout).call('hello')).toMatchObject({ status: 'finished', content: 'HELLO' });
});

test('warns about what makes a tool hard to use', () => {
  const vague = tool({
    name: 'vague',
    description: 'Does.',
    input: z.object({
      what: z.string(),
      deep: z.array(z.object({ of: z.string().describe('What of.') })),
      any: z.any(),
    }),
    execute: () => 'done',
  });
  const { warnings } = testTool(vague);
  expect(warnings).toEqual(
    expect.arrayContaining([
      expect.stringContaining('The description says too little'),
      expect.stringContaining('Parameter "what" has no description'),
      expect.stringContaining('Parameter "deep" has no description'),
      expect.stringContaining('No strict form, at '),
    ]),
  );
  expect(warnings).not.toEqual(expect.arrayContaining([expect.stringContaining('"deep[].of"')]));
  expect(testTool(divide).warnings).toEqual([]);
});
