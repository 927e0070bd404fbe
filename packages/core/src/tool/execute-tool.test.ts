import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ToolError } from './errors.ts';
import { type ExecuteToolOptions, executeTool, ToolTimeoutError } from './execute-tool.ts';
import { type Tool, tool } from './tool.ts';
import type { ToolContext } from './tool-context.ts';

test('passes input and context to the tool, and converts its value to a result', async () => {
  const { options } = setting();
  const calls: unknown[] = [];
  const echo = doing((input, { toolCallId: callId, idempotencyKey, runId, path, context }) => {
    calls.push({ input, callId, idempotencyKey, runId, path, context });
    return { seen: true };
  });
  await expect(executeTool(echo, { city: 'Oslo' }, options)).resolves.toEqual({ content: '{"seen":true}' });
  expect(calls).toEqual([
    {
      input: { city: 'Oslo' },
      callId: 'call_1',
      idempotencyKey: 'run/tool:1.0:t',
      runId: 'run',
      path: '',
      context: 'app',
    },
  ]);
});

test('limits the result by maxResultLength', async () => {
  const { options } = setting();
  const long = { ...doing(() => '123456789'), maxResultLength: 8 };
  await expect(executeTool(long, {}, options)).resolves.toEqual({
    content: '123456\n[… 1 character left out …]\n89',
    fullContent: '123456789',
    isText: true,
  });
});

test.each([
  ['an error', new ToolError('No such city.')],
  ['a text', 'no such city'],
  ['nothing', undefined],
])('rejects with what the tool throws: %s', async (_, thrown) => {
  const { options, clock } = setting();
  const broken = doing(() => {
    throw thrown;
  });
  const settled = await Promise.allSettled([executeTool(broken, {}, options)]);
  expect(settled).toEqual([{ status: 'rejected', reason: thrown }]);
  expect(clock.pending).toBe(0);
});

test('rejects at the deadline if the tool ignores its signal, and reports the late value', async () => {
  const { options, clock, late } = setting();
  const work = Promise.withResolvers<string>();
  const aborted: unknown[] = [];
  const slow = doing((_, { signal }) => {
    signal.addEventListener('abort', () => aborted.push(signal.reason));
    return work.promise;
  });
  const settled = Promise.allSettled([executeTool(slow, {}, options)]);
  await clock.advance(2_500);
  const error = new ToolTimeoutError('t', 2_500);
  expect(await settled).toEqual([{ status: 'rejected', reason: error }]);
  expect({ message: error.message, code: error.code, timeoutMs: error.timeoutMs }).toEqual({
    message: 'Tool "t" timed out after 2.5 s. Raise its timeoutMs, or let it stop when its signal is aborted.',
    code: 'tool.timeout',
    timeoutMs: 2_500,
  });
  expect({ aborted, late }).toEqual({ aborted: [error], late: [] });
  work.resolve('after all');
  await clock.advance(0);
  expect(late).toEqual([{ status: 'fulfilled', value: 'after all' }]);
});

test('starts no timer for a tool without a deadline', async () => {
  const { options, clock } = setting();
  const work = Promise.withResolvers<string>();
  const result = executeTool({ ...doing(() => work.promise), timeoutMs: Number.POSITIVE_INFINITY }, {}, options);
  expect(clock.pending).toBe(0);
  work.resolve('done');
  await expect(result).resolves.toEqual({ content: 'done' });
});

test('rejects at once with the reason when the run is aborted', async () => {
  const { options, clock, controller } = setting();
  const result = executeTool(
    doing(() => new Promise(() => {})),
    {},
    options,
  );
  controller.abort('enough');
  await expect(result).rejects.toBe('enough');
  expect(clock.pending).toBe(0);
});

test('does not start a tool after the run was aborted', async () => {
  const { options, controller } = setting();
  controller.abort('enough');
  const begun: string[] = [];
  const never = doing(() => begun.push('t'));
  await expect(executeTool(never, {}, options)).rejects.toBe('enough');
  expect(begun).toEqual([]);
});

function doing(work: (input: unknown, context: ToolContext<unknown>) => unknown): Tool {
  const input = z.object({ city: z.string().optional() });
  return tool({ name: 't', description: '', input, timeoutMs: 2_500, execute: work });
}

function setting() {
  const clock = manualClock();
  const controller = new AbortController();
  const late: unknown[] = [];
  const options: ExecuteToolOptions = {
    clock,
    onLateResult: (settled) => late.push(settled),
    signal: controller.signal,
    makeContext: ({ signal }) => ({
      signal,
      context: 'app' as never, // An agent checks its type.
      toolCallId: 'call_1',
      idempotencyKey: 'run/tool:1.0:t',
      runId: 'run',
      path: '',
      traceparent: undefined,
      tracestate: undefined,
      resumeData: undefined,
      state: { value: undefined, update: () => Promise.reject(new Error('No state.')) },
      onRunEnd: () => undefined,
      reportProgress: () => {},
      run: () => Promise.reject(new Error('There is no run here.')),
    }),
  };
  return { clock, controller, late, options };
}
