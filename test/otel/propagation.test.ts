import { type Sampler, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import { Agent, memoryHost, openai, tool } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startOfflineServer } from '../offline-server.ts';
import { findSpan, recordSpans, sumOf, useContextManager } from './record-spans.ts';

useContextManager();

test('sends the span of a model call as traceparent, and gives tools that of their call', async () => {
  const { tracer, spans } = recordSpans();
  const server = await startOfflineServer([respond.call('look'), respond.text('Seen.')]);
  const seen: (string | undefined)[] = [];
  const look = tool({
    name: 'look',
    input: z.object({}),
    effect: 'read',
    execute: (_, { traceparent }) => {
      seen.push(traceparent);
      return 'seen';
    },
  });
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test' });
  const agent = new Agent({ model, tools: [look], instrumentation: telemetry({ tracer }) });
  await agent.run('Look.', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
  const headerOf = (span: ReturnType<typeof findSpan>) => {
    const { traceId, spanId } = span.spanContext();
    return `00-${traceId}-${spanId}-01`;
  };
  const chats = spans().filter(({ name }) => name === 'chat gpt-5-mini');
  expect(server.requests.map(({ headers }) => headers['traceparent'])).toEqual(chats.map(headerOf));
  expect(seen).toEqual([headerOf(findSpan(spans(), 'execute_tool look'))]);
  const invoked = findSpan(spans(), 'invoke_agent agent');
  expect(invoked.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(invoked.parentSpanContext).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true });
});

test('passes on the tracestate of the caller, and keeps it for later attempts', async () => {
  const { tracer } = recordSpans();
  const server = await startOfflineServer([respond.text('Seen.')]);
  const host = memoryHost();
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test' });
  const agent = new Agent({ model, instrumentation: telemetry({ tracer }) });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await agent.run('Look.', { host, runId: 'run', traceparent, tracestate: 'vendor=a,other=b' });
  expect(server.requests[0]?.headers['tracestate']).toBe('vendor=a,other=b');
  expect((await host.getRun('run')).record.trace?.tracestate).toBe('vendor=a,other=b');
});

test('starts one span for a run that is not sampled, and passes it on', async () => {
  const started: string[] = [];
  const sampler: Sampler = {
    shouldSample: (_context, _traceId, name) => {
      started.push(name);
      return { decision: SamplingDecision.NOT_RECORD };
    },
    toString: () => 'none',
  };
  const { meter, points } = recordSpans();
  const tracer = new TracerProvider({ sampler }).getTracer('test');
  const server = await startOfflineServer([
    respond.call('look'),
    respond.text('Seen.'),
    respond.call('look'),
    respond.text('Seen.'),
  ]);
  const look = tool({ name: 'look', input: z.object({}), effect: 'read', execute: () => 'seen' });
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test' });
  const agent = new Agent({ model, tools: [look] });
  const unsampled = telemetry({ tracer });
  const wanted: unknown[] = [];
  const shouldInstrumentCalls: Instrumentation['shouldInstrumentCalls'] = (run) => {
    wanted.push(unsampled.shouldInstrumentCalls?.(run));
    return true;
  };
  await agent.run('Look.', { instrumentation: { ...unsampled, shouldInstrumentCalls } });
  expect(new Set(wanted)).toEqual(new Set([false]));
  expect(started).toEqual(['invoke_agent agent']);
  const [first, second] = server.requests.map(({ headers }) => headers['traceparent']);
  expect(first).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
  expect(second).toBe(first);
  const outcome = await agent.run('Look.', { instrumentation: telemetry({ tracer, meter }) });
  expect(started).toEqual(['invoke_agent agent', 'invoke_agent agent']);
  expect(sumOf(await points(), 'gen_ai.client.inference.usage.input_tokens')).toBe(outcome.usage.inputTokens);
});

test('links a run that was enqueued to its caller', async () => {
  const { tracer, spans } = recordSpans();
  const host = memoryHost();
  const agent = new Agent({
    name: 'clerk',
    model: scriptedModel([respond.text('Done.')]),
    instrumentation: telemetry({ tracer }),
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const runId = await host.enqueue('clerk', 'Go.', { traceparent, tracestate: 'vendor=a' });
  await agent.resume(runId, { host });
  const { links, attributes } = findSpan(spans(), 'invoke_agent clerk');
  expect(links).toMatchObject([{ context: { spanId: 'b7ad6b7169203331' }, attributes: { 'pawl.link': 'enqueue' } }]);
  expect(links[0]?.context.traceState?.serialize()).toBe('vendor=a');
  expect(attributes).not.toHaveProperty('pawl.resumed');
});
