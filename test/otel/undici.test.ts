import { propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Agent, openai, tool } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { offlineServer, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { drawTree, useContextManager } from './record-spans.ts';

useContextManager();

test('puts the HTTP spans of undici below the spans of model calls and tool calls', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const undici = new UndiciInstrumentation();
  undici.setTracerProvider(provider);
  undici.enable();
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  onTestFinished(() => {
    undici.disable();
    propagation.disable();
  });
  const server = await offlineServer({
    script: [respond.httpError(503), respond.call('look'), respond.text('Seen.'), respond.text('Here.')],
  });
  onTestFinished(() => server.close());
  const look = tool({
    name: 'look',
    input: z.object({}),
    effect: 'read',
    execute: async (_, { signal }) => {
      const response = await fetch(new URL('/health', server.baseURL), { signal });
      await response.body?.cancel();
      return `status ${response.status}`;
    },
  });
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test' });
  const instrumentation = telemetry({ tracer: provider.getTracer('test') });
  const agent = new Agent({ model, tools: [look], retry: { initialDelayMs: 0 }, instrumentation });
  await agent.run('Look.');
  const spans = exporter.getFinishedSpans();
  expect(drawTree(spans)).toEqual([
    'invoke_agent agent',
    '  chat gpt-5-mini',
    '    POST',
    '    POST',
    '  execute_tool look',
    '    GET',
    '  chat gpt-5-mini',
    '    POST',
  ]);
  // What the server gets is the span nearest to it, once.
  const posts = spans.filter(({ name }) => name === 'POST').map((span) => span.spanContext());
  expect(server.requests.map(({ headers }) => headers['traceparent'])).toEqual(
    posts.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
  );
});
