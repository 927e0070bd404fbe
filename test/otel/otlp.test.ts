import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { sqliteHost } from '@pawl/core/sqlite';
import { telemetry } from '@pawl/otel';
import { expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { createClerk } from './clerk.ts';
import { type OtlpReceiver, type ReceivedSpan, receiveOtlp } from './otlp-receiver.ts';
import { readPoints, recordSpans, sumOf, useContextManager } from './record-spans.ts';
import { createTracedAgent } from './traced-agent.ts';

useContextManager();

async function receive(): Promise<OtlpReceiver> {
  const receiver = await receiveOtlp();
  onTestFinished(() => receiver.close());
  return receiver;
}

/** Runs a program that kills itself, and returns what it printed. */
async function runUntilKilled(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  return printed;
}

function drawReceived(spans: readonly ReceivedSpan[], parent = '', depth = 0): readonly string[] {
  const isBelow = ({ parentSpanId }: ReceivedSpan): boolean => parentSpanId === parent;
  return spans
    .filter(isBelow)
    .flatMap(({ name, spanId }) => ['  '.repeat(depth) + name, ...drawReceived(spans, spanId, depth + 1)]);
}

test.each<[string, (url: string) => SpanExporter]>([
  ['JSON', (url) => new JsonExporter({ url })],
  ['protobuf', (url) => new ProtobufExporter({ url })],
])('sends a run by OTLP as %s', async (_, createExporter) => {
  const receiver = await receive();
  const processor = new BatchSpanProcessor({ exporter: createExporter(receiver.url) });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const instrumentation = telemetry({ tracer: provider.getTracer('test') });
  await createTracedAgent({ instrumentation }).run('Go.');
  await provider.shutdown();
  expect(drawReceived(receiver.spans)).toEqual([
    'invoke_agent walker',
    ...Array.from({ length: 3 }, () => ['  chat scripted', '  execute_tool step']).flat(),
    '  chat scripted',
  ]);
  const [chat] = receiver.spans;
  expect(chat).toMatchObject({
    name: 'chat scripted',
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.response.finish_reasons': ['tool_calls'] },
  });
  expect(chat?.attributes['gen_ai.usage.input_tokens']).toBeTypeOf('number');
});

test.each<[string, (url: string) => PushMetricExporter]>([
  ['JSON', (url) => new JsonMetricExporter({ url })],
  ['protobuf', (url) => new ProtobufMetricExporter({ url })],
])('sends the metrics of a run by OTLP as %s', async (_, createExporter) => {
  const receiver = await receive();
  const reader = new PeriodicExportingMetricReader({
    exporter: createExporter(receiver.metricsUrl),
    exportIntervalMillis: 2 ** 30,
  });
  const provider = new MeterProvider({ readers: [reader] });
  const instrumentation = telemetry({ meter: provider.getMeter('test') });
  const outcome = await createTracedAgent({ instrumentation }).run('Go.');
  await provider.shutdown();
  const find = (name: string) => receiver.points.filter((point) => point.name === name);
  const common = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'unknown' };
  expect(find('gen_ai.client.inference.usage.input_tokens')).toEqual([
    {
      name: 'gen_ai.client.inference.usage.input_tokens',
      unit: '{token}',
      attributes: {
        ...common,
        'gen_ai.request.model': 'scripted',
        'gen_ai.response.model': 'scripted',
        'gen_ai.token.modality': 'unknown',
      },
      value: outcome.usage.inputTokens,
    },
  ]);
  expect(find('gen_ai.invoke_agent.tool_calls')).toEqual([
    {
      name: 'gen_ai.invoke_agent.tool_calls',
      unit: '{tool_call}',
      attributes: { 'gen_ai.agent.name': 'walker' },
      value: 3,
      boundaries: [1, 2, 4, 8, 16, 32, 64, 128],
    },
  ]);
});

test('traces only what a run does after kill -9, and links it to the first attempt', async () => {
  const receiver = await receive();
  const file = join(createFolder(), 'runs.db');
  const printed = await runUntilKilled('killed-process.ts', [file, receiver.url]);
  const early = [...receiver.spans];
  // The run's own span had not ended, nor that of the third step.
  expect(early.map(({ name }) => name)).toEqual([
    ...Array.from({ length: 2 }, () => ['chat scripted', 'execute_tool step']).flat(),
    'chat scripted',
  ]);

  const { tracer, meter, spans, points } = recordSpans();
  const host = sqliteHost(file);
  onTestFinished(() => host.close());
  const instrumentation = telemetry({ tracer, meter });
  const outcome = await createTracedAgent({ instrumentation, isResumed: true }).resume('run', { host });
  expect(outcome.output).toBe('Done.');
  expect(spans().map(({ name }) => name)).toEqual(['execute_tool step', 'chat scripted', 'invoke_agent walker']);
  const invoked = spans().at(-1);
  const first = early[0];
  expect(invoked?.links).toMatchObject([
    { context: { traceId: first?.traceId, spanId: first?.parentSpanId }, attributes: { 'pawl.link': 'first_attempt' } },
  ]);
  expect(invoked?.attributes).toMatchObject({ 'pawl.resumed': true, 'pawl.attempt.id': 'run#2' });
  const all = [...readPoints(JSON.parse(printed)), ...(await points())];
  expect(sumOf(all, 'gen_ai.client.inference.usage.input_tokens')).toBe(outcome.usage.inputTokens);
  expect(sumOf(all, 'gen_ai.client.inference.usage.output_tokens')).toBe(outcome.usage.outputTokens);
});

test('gets the tree of a run with a retry, parallel calls, an agent as a tool, a handoff, an approval and a resume after kill -9', async () => {
  const receiver = await receive();
  const file = join(createFolder(), 'runs.db');
  const printed = await runUntilKilled('killed-clerk.ts', [file, receiver.url]);
  const count = receiver.spans.length;

  const processor = new BatchSpanProcessor({ exporter: new ProtobufExporter({ url: receiver.url }) });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const { meter, points } = recordSpans();
  const host = sqliteHost(file);
  onTestFinished(() => host.close());
  const instrumentation = telemetry({ tracer: provider.getTracer('test'), meter });
  const outcome = await createClerk({ instrumentation }).resume('run', { host });
  await provider.shutdown();
  expect(outcome.text).toBe('Paid.');

  const traces = new Map<string, ReceivedSpan[]>();
  for (const span of receiver.spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  expect([...traces.values()].map((spans) => drawReceived(spans))).toEqual([
    [
      'invoke_agent clerk',
      '  chat scripted',
      '  execute_tool look',
      '  execute_tool look',
      '  chat scripted',
      '  execute_tool ask',
      '    invoke_agent scout',
      '      chat small',
      '  chat scripted',
      '  execute_tool transfer_to_payer',
      '  invoke_agent payer',
      '    chat large',
    ],
    ['invoke_agent payer', '  execute_tool pay', '  chat large'],
  ]);
  const [clerk, ...payers] = receiver.spans.filter(
    ({ name }) => name.startsWith('invoke_agent') && !name.endsWith('scout'),
  );
  // The handoff, and the attempt after the crash. The one that was killed had nothing to send.
  const link = { traceId: clerk?.traceId, spanId: clerk?.spanId };
  expect(payers.map(({ links }) => links)).toEqual([[link], [link]]);
  expect(receiver.spans.flatMap(({ events }) => events)).toEqual(['pawl.attempt_failed']);
  expect(receiver.spans).toHaveLength(count + 3);
  const all = [...readPoints(JSON.parse(printed)), ...(await points())];
  expect(sumOf(all, 'gen_ai.client.inference.usage.input_tokens')).toBe(outcome.usage.inputTokens);
  expect(sumOf(all, 'gen_ai.client.inference.usage.output_tokens')).toBe(outcome.usage.outputTokens);
});
