import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  Agent,
  conversation,
  memoryConversations,
  memoryHost,
  openai,
  ToolError,
  tool,
  withFallback,
} from '@pawl/core';
import { inputGuard } from '@pawl/core/middleware';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startOfflineServer } from '../offline-server.ts';
import { drawTree, findSpan, recordSpans, SDKS, useContextManager } from './record-spans.ts';

useContextManager();

const ERROR = ['error.type'];

const weather = tool({
  name: 'get_weather',
  description: 'Tells the weather.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `Sunny in ${city}.`,
});

describe.each(Object.entries(SDKS))('with %s', (_, record) => {
  test('traces a run, its model calls and its parallel tool calls', async () => {
    const { tracer, meter, spans } = record();
    const model = scriptedModel([
      respond.calls([
        { name: 'get_weather', arguments: { city: 'Oslo' } },
        { name: 'get_weather', arguments: { city: 'Rome' } },
      ]),
      respond.text('Both are sunny.'),
    ]);
    const agent = new Agent({
      name: 'guide',
      description: 'Knows the weather.',
      model,
      tools: [weather],
      instrumentation: telemetry({ tracer, meter }),
    });
    const { runId } = await agent.run('How is it in Oslo and Rome?');
    expect(drawTree(spans())).toEqual([
      'invoke_agent guide',
      `  chat ${model.name}`,
      '  execute_tool get_weather',
      '  execute_tool get_weather',
      `  chat ${model.name}`,
    ]);
    const invoked = findSpan(spans(), 'invoke_agent guide');
    expect(invoked.kind).toBe(SpanKind.INTERNAL);
    expect(invoked.status.code).toBe(SpanStatusCode.UNSET);
    expect(invoked.attributes).toEqual({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'guide',
      'gen_ai.agent.description': 'Knows the weather.',
      'gen_ai.request.model': model.name,
      'gen_ai.response.finish_reasons': ['stop'],
      'pawl.run.id': runId,
      'pawl.attempt.id': `${runId}#1`,
      'pawl.outcome': 'completed',
    });
    const called = findSpan(spans(), 'execute_tool get_weather');
    expect(called.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_weather',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': expect.any(String),
      'gen_ai.tool.description': 'Tells the weather.',
      'gen_ai.agent.name': 'guide',
    });
  });
});

test('describes a model call of a server by its profile, its request and its response', async () => {
  const { tracer, spans } = recordSpans();
  const server = await startOfflineServer([respond.text('Hello.')]);
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test', profile: 'groq' });
  const modelSettings = { temperature: 0.5, max_completion_tokens: 99, stop: 'END', seed: 7 };
  const agent = new Agent({ model, modelSettings, instrumentation: telemetry({ tracer }) });
  await agent.run('Hi.');
  const chat = findSpan(spans(), 'chat gpt-5-mini');
  expect(chat.kind).toBe(SpanKind.CLIENT);
  expect(chat.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'groq',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.max_tokens': 99,
    'gen_ai.request.stop_sequences': ['END'],
    'gen_ai.request.seed': 7,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.usage.output_tokens': expect.any(Number),
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.baseURL).port),
  });
  expect(chat.attributes).not.toHaveProperty('openai.api.type');
});

test('records unknown tools, invalid arguments and failures as errors of their calls', async () => {
  const { tracer, spans } = recordSpans();
  const failing = tool({
    name: 'fail',
    input: z.object({}),
    effect: 'read',
    execute: () => {
      throw new ToolError('Closed today.');
    },
  });
  const model = scriptedModel([
    respond.calls([
      { name: 'no_such_tool', arguments: {} },
      { name: 'get_weather', arguments: { city: 7 } },
      { name: 'fail', arguments: {} },
    ]),
    respond.text('Sorry.'),
  ]);
  const agent = new Agent({ model, tools: [weather, failing], instrumentation: telemetry({ tracer }) });
  await agent.run('Try.');
  expect(
    drawTree(spans(), ERROR)
      .filter((line) => line.includes('execute_tool'))
      .sort(),
  ).toEqual([
    '  execute_tool fail · ToolError',
    '  execute_tool get_weather · invalid_arguments',
    '  execute_tool no_such_tool · unknown_tool',
  ]);
  expect(findSpan(spans(), 'execute_tool fail').status.code).toBe(SpanStatusCode.ERROR);
  const [exception] = findSpan(spans(), 'execute_tool fail').events;
  expect(exception).toMatchObject({
    name: 'gen_ai.execute_tool.exception',
    attributes: { 'exception.type': 'ToolError' },
  });
  expect(exception?.attributes).not.toHaveProperty('exception.message');
});

test('records a denied call, and links the resumed attempt to the first', async () => {
  const { tracer, spans } = recordSpans();
  const host = memoryHost();
  const model = scriptedModel([respond.call('pay'), respond.text('Not paid.')]);
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const agent = new Agent({ name: 'clerk', model, tools: [pay], instrumentation: telemetry({ tracer }) });
  const suspended = await agent.run('Pay.', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error('It is not suspended.');
  const first = findSpan(spans(), 'invoke_agent clerk');
  expect(first.attributes).toMatchObject({ 'pawl.outcome': 'suspended', 'pawl.attempt.id': 'run#1' });
  expect(first.status.code).toBe(SpanStatusCode.UNSET);
  const [{ id = '', fingerprint = '' } = {}] = suspended.pending;
  await host.answer('run', id, { type: 'deny', fingerprint });
  await agent.resume('run', { host });
  const [, later] = spans().filter(({ name }) => name === 'invoke_agent clerk');
  expect(drawTree(spans(), ERROR)).toEqual([
    'invoke_agent clerk',
    `  chat ${model.name}`,
    'invoke_agent clerk',
    '  execute_tool pay · denied',
    `  chat ${model.name}`,
  ]);
  expect(later?.attributes).toMatchObject({ 'pawl.resumed': true, 'pawl.attempt.id': 'run#2' });
  expect(later?.links).toMatchObject([
    { context: { spanId: first.spanContext().spanId }, attributes: { 'pawl.link': 'first_attempt' } },
  ]);
  expect(later?.events).toMatchObject([{ name: 'pawl.wait', attributes: { waited_ms: expect.any(Number) } }]);
  expect(later?.spanContext().traceId).not.toBe(first.spanContext().traceId);
});

test('continues the trace of the first attempt with resume: "parent"', async () => {
  const { tracer, spans } = recordSpans();
  const host = memoryHost();
  const model = scriptedModel([respond.call('pay'), respond.text('Paid.')]);
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const agent = new Agent({
    name: 'clerk',
    model,
    tools: [pay],
    instrumentation: telemetry({ tracer, resume: 'parent' }),
  });
  const suspended = await agent.run('Pay.', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error('It is not suspended.');
  const [{ id = '', fingerprint = '' } = {}] = suspended.pending;
  await host.answer('run', id, { type: 'approve', fingerprint });
  await agent.resume('run', { host });
  expect(drawTree(spans())).toEqual([
    'invoke_agent clerk',
    `  chat ${model.name}`,
    '  invoke_agent clerk',
    '    execute_tool pay',
    `    chat ${model.name}`,
  ]);
});

test('emits nothing for a run that has ended', async () => {
  const { tracer, spans } = recordSpans();
  const host = memoryHost();
  const agent = new Agent({ model: scriptedModel([respond.text('Done.')]), instrumentation: telemetry({ tracer }) });
  await agent.run('Go.', { host, runId: 'run' });
  const count = spans().length;
  await agent.resume('run', { host });
  await agent.run('Go.', { host, runId: 'run', onExistingRun: 'attach' });
  expect(spans()).toHaveLength(count);
});

test('records retries and the fallback as events of one call', async () => {
  const { tracer, spans } = recordSpans();
  const down = await startOfflineServer([respond.httpError(503), respond.httpError(503)]);
  const up = await startOfflineServer([respond.text('Here.')]);
  const first = openai('first', { baseURL: down.baseURL, apiKey: 'test' });
  const model = withFallback(first, openai('second', { baseURL: up.baseURL, apiKey: 'test' }));
  const retry = { maxAttempts: 2, initialDelayMs: 0 };
  const agent = new Agent({ model, retry, instrumentation: telemetry({ tracer }) });
  await agent.run('Hi.');
  const chat = findSpan(spans(), 'chat second');
  expect(chat.events).toMatchObject([
    {
      name: 'pawl.attempt_failed',
      attributes: { 'error.type': '503', 'gen_ai.request.model': 'first', retry_in_ms: 0 },
    },
    { name: 'pawl.attempt_failed', attributes: { 'error.type': '503', 'gen_ai.request.model': 'first' } },
  ]);
  expect(chat.events[1]?.attributes).not.toHaveProperty('retry_in_ms');
  expect(chat.attributes).toMatchObject({
    'gen_ai.request.model': 'second',
    'server.port': Number(new URL(up.baseURL).port),
  });
  expect(chat.status.code).toBe(SpanStatusCode.UNSET);
});

test('records the status of a response that ends the run', async () => {
  const { tracer, spans } = recordSpans();
  const server = await startOfflineServer([respond.httpError(400)]);
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test' });
  const agent = new Agent({ model, instrumentation: telemetry({ tracer }) });
  await agent.run('Hi.').outcome();
  expect(drawTree(spans(), ERROR)).toEqual(['invoke_agent agent · 400', '  chat gpt-5-mini · 400']);
  const { status, events } = findSpan(spans(), 'chat gpt-5-mini');
  expect(status.code).toBe(SpanStatusCode.ERROR);
  expect(events.map(({ name }) => name)).toEqual(['pawl.attempt_failed', 'gen_ai.client.operation.exception']);
});

test('puts an agent as a tool under its call', async () => {
  const { tracer, spans } = recordSpans();
  const inner = new Agent({
    name: 'scout',
    model: scriptedModel([respond.call('get_weather', { city: 'Oslo' }), respond.text('Sunny.')], { name: 'small' }),
    tools: [weather],
  });
  const agent = new Agent({
    name: 'guide',
    model: scriptedModel([respond.call('ask_scout', { prompt: 'Oslo?' }), respond.text('It is sunny.')], {
      name: 'large',
    }),
    tools: [inner.asTool({ name: 'ask_scout', description: 'Asks.' })],
    instrumentation: telemetry({ tracer }),
  });
  await agent.run('Oslo?');
  expect(drawTree(spans(), ['gen_ai.transfer.mode'])).toEqual([
    'invoke_agent guide',
    '  chat large',
    '  execute_tool ask_scout · return_to_caller',
    '    invoke_agent scout',
    '      chat small',
    '      execute_tool get_weather',
    '      chat small',
    '  chat large',
  ]);
});

test.each([
  ['beside it, inside a span of the caller', true],
  ['in the same trace below it, if there is none', false],
] as const)('ends the span of an agent that hands over, and opens a linked one %s', async (_, isInside) => {
  const { tracer, spans } = recordSpans();
  const billing = new Agent({
    name: 'billing',
    description: 'Knows of money.',
    model: scriptedModel([respond.call('get_weather', { city: 'Oslo' }), respond.text('Paid.')], { name: 'small' }),
    tools: [weather],
  });
  const agent = new Agent({
    name: 'desk',
    model: scriptedModel([respond.call('transfer_to_billing', { reason: 'Money.' })], { name: 'large' }),
    handoffs: [billing],
    instrumentation: telemetry({ tracer }),
  });
  if (isInside) {
    await tracer.startActiveSpan('request', async (span) => {
      await agent.run('Did I pay?');
      span.end();
    });
  } else await agent.run('Did I pay?');
  const desk = ['invoke_agent desk', '  chat large', '  execute_tool transfer_to_billing · billing'];
  const billed = ['invoke_agent billing', '  chat small', '  execute_tool get_weather', '  chat small'];
  const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
  expect(drawTree(spans(), ['gen_ai.transfer.target.name'])).toEqual(
    isInside ? ['request', ...indent(desk), ...indent(billed)] : [...desk, ...indent(billed)],
  );
  expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  const first = findSpan(spans(), 'invoke_agent desk');
  expect(findSpan(spans(), 'invoke_agent billing').links).toMatchObject([
    { context: { spanId: first.spanContext().spanId }, attributes: { 'pawl.link': 'handoff' } },
  ]);
});

test('a run that begins with the last agent of its conversation has one span, with the name of that agent', async () => {
  const { tracer, spans } = recordSpans();
  const store = memoryConversations();
  await store.save('chat', { version: 0, keep: 0, messages: [], details: { lastAgent: 'billing' } });
  const billing = new Agent({ name: 'billing', model: scriptedModel([respond.text('Paid.')], { name: 'small' }) });
  const instrumentation = telemetry({ tracer });
  const agent = new Agent({ name: 'desk', model: scriptedModel([]), handoffs: [billing], instrumentation });
  await agent.run('Did I pay?', { conversation: conversation({ id: 'chat', store, startingAgent: 'last' }) });
  expect(drawTree(spans())).toEqual(['invoke_agent billing', '  chat small']);
});

test('traces the model calls of a guard', async () => {
  const { tracer, spans } = recordSpans();
  const judge = scriptedModel([respond.text('fine')], { name: 'judge' });
  const guard = inputGuard({
    name: 'judge',
    check: async (_, scope) => {
      await scope.callModel(judge, { messages: [{ role: 'user', content: 'Fine?' }] });
      return { type: 'allow' };
    },
  });
  const model = scriptedModel([respond.text('Hello.')], { name: 'large' });
  await new Agent({ name: 'guide', model, middleware: [guard], instrumentation: telemetry({ tracer }) }).run('Hi.');
  expect(
    drawTree(spans())
      .map((line) => line.trim())
      .sort(),
  ).toEqual(['chat judge', 'chat large', 'invoke_agent guide']);
});
