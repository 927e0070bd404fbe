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
  execute({ by }, { progress }) {
    if (by === 0) throw new ToolError('Nothing can be divided by 0.');
    progress({ done: 0.5 });
    return { result: 100 / by };
  },
});

test('a call that passes gives what the model reads, and what the tool told of how far it was', async () => {
  const finished = { status: 'finished', content: '{"result":25}', lossy: [], parts: [], progress: [{ done: 0.5 }] };
  expect(await testTool(divide).call({ by: 4 })).toEqual(finished);
});

test('a tool that throws fails with what the model is told', async () => {
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
  ['that are no JSON', '{"by":', 'JSON'],
])('arguments %s come to nothing, and the model is told why', async (_, given, told) => {
  const called = await testTool(divide).call(given);
  expect(called).toMatchObject({ status: 'failed', reason: 'invalid', content: expect.stringContaining(told) });
});

test('a call that somebody has to agree to waits, and shows what that one is shown', async () => {
  const [guarded = divide] = requireApproval([{ ...divide, preview: ({ by }: { by: number }) => `100 / ${by}` }]);
  expect(await testTool(guarded).call({ by: 4 })).toMatchObject({
    status: 'pending',
    pending: { preview: '100 / 4', input: { by: 4 } },
  });
});

test.each([
  ['approve', { status: 'finished', content: '{"result":25}' }],
  ['deny', { status: 'skipped', reason: 'denied', content: expect.stringContaining('Not now.') }],
] as const)('a call that waits goes on with the answer to it: %s', async (type, expected) => {
  const [guarded = divide] = requireApproval([divide]);
  const answer = ({ fingerprint }: { readonly fingerprint: string }) =>
    type === 'approve' ? ({ type, fingerprint } as const) : ({ type, fingerprint, reason: 'Not now.' } as const);
  expect(await testTool(guarded, { answer }).call({ by: 4 })).toMatchObject(expected);
});

test('the deadline of a tool passes on a clock that is moved by hand', async () => {
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

test('guards of tools are around it', async () => {
  const guard = toolGuard({ name: 'no', before: () => ({ type: 'deny', reason: 'Not today.' }) });
  const called = await testTool(divide, { middleware: [guard] }).call({ by: 4 });
  expect(called).toMatchObject({ content: expect.stringContaining('Not today.') });
});

test('a tool is given its context', async () => {
  const whose = tool({
    name: 'whose',
    description: 'Says whose it is.',
    input: z.object({}),
    execute: (_, { context }: { context: { name: string } }) => context.name,
  });
  expect(await testTool(whose, { context: { name: 'Ada' } }).call()).toMatchObject({ content: 'Ada' });
});

test('what has no exact JSON form is told with its path, and what is too long keeps its whole', async () => {
  const big = tool({
    name: 'big',
    description: 'Gives a lot.',
    input: z.object({}),
    maxResultLength: 100,
    execute: () => ({ when: new Map([['a', 1]]), text: 'x'.repeat(500) }),
  });
  const called = await testTool(big).call();
  if (called.status !== 'finished') throw new Error(called.status);
  expect(called.lossy).toEqual(['when']);
  expect([called.content.length < 400, called.full?.length]).toEqual([true, expect.any(Number)]);
});

test('a custom tool is given its text', async () => {
  const shout = customTool({ name: 'shout', description: 'Shouts a text.', execute: (text) => text.toUpperCase() });
  expect(await testTool(shout).call('hello')).toMatchObject({ status: 'finished', content: 'HELLO' });
});

test('warnings name what makes a tool hard to use', () => {
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
