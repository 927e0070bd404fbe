// Measures what tracing costs: CPU per run of two model calls and a tool call over HTTP, in alternating rounds: without instrumentation, with
// `telemetry()` in several set-ups, and with the parts of it that are OpenTelemetry's; and the heap that all these runs leave.
// npm run bench -- otel [RUNS]

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { context, type Tracer, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler, NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Agent, openai, tool } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { telemetry } from '@pawl/otel';
import { z } from 'zod';
import { findLowerQuartile } from './find-lower-quartile.ts';

/** Many short rounds: what else the machine does then falls on all ways alike. */
const ROUNDS = 100;

interface Way {
  readonly instrumentation?: Instrumentation;
  readonly traceparent?: string;
}

if (isMainThread) await compareRuns(Number(process.argv[2] ?? 10_000));
else serve();

/** What each way adds to a run. The header and the SDK alone are the parts of `unsampled` that `@pawl/otel` cannot avoid. */
function createWays(): Readonly<Record<string, Way>> {
  const dropping = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('bench');
  const recording = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('bench');
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
  return {
    without: {},
    'a traceparent header alone': { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' },
    'the SDK alone': { instrumentation: { instrumentRun: (_, work) => runInSpan(dropping, work) } },
    'telemetry() without an SDK': { instrumentation: telemetry() },
    'telemetry(), unsampled': { instrumentation: telemetry({ tracer: dropping }) },
    'telemetry(), unsampled, with metrics': { instrumentation: telemetry({ tracer: dropping, meter }) },
    'telemetry(), every span recorded': { instrumentation: telemetry({ tracer: recording }) },
  };
}

/** Starts the span of a run and makes it active, and nothing else. */
function runInSpan<Result>(tracer: Tracer, work: () => Promise<Result>): Promise<Result> {
  const outer = context.active();
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'agent' };
  const span = tracer.startSpan('invoke_agent agent', { attributes }, outer);
  return context.with(trace.setSpan(outer, span), work);
}

async function compareRuns(runs: number): Promise<void> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const worker = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const model = openai('bench', { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'bench' });
  const noop = tool({
    name: 'noop',
    description: 'Nothing.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'ok',
  });
  const agents = Object.entries(createWays()).map(([name, { instrumentation, ...options }]) => ({
    name,
    options,
    agent: new Agent({ model, tools: [noop], instrumentation }),
    times: [] as number[],
  }));
  const perRound = Math.ceil(runs / ROUNDS);
  for (const way of agents) await runMany(way, 500); // Warms up.
  const heapBefore = measureHeap();
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of round % 2 === 0 ? agents : agents.toReversed()) {
      // Only this thread: the server is in another one.
      const before = process.threadCpuUsage();
      await runMany(way, perRound);
      const { user, system } = process.threadCpuUsage(before);
      way.times.push((user + system) / perRound);
    }
  }
  const grownKiB = (measureHeap() - heapBefore) / 1024;
  const base = findLowerQuartile(agents[0]?.times ?? []);
  for (const { name, times } of agents) {
    const time = findLowerQuartile(times);
    console.log(`${name}: ${time.toFixed(1)} µs of CPU a run, ${((100 * time) / base - 100).toFixed(1)} % more`);
  }
  console.log(`heap after all rounds: ${grownKiB.toFixed(0)} KiB more than before`);
  await worker.terminate();
}

interface MeasuredWay {
  readonly agent: Agent;
  readonly options: Omit<Way, 'instrumentation'>;
}

async function runMany({ agent, options }: MeasuredWay, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await agent.run('Go.', options);
}

function measureHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Answers a request without a tool message by a call, and one with a tool message by a text. */
function serve(): void {
  const createBody = (message: object, reason: string): string =>
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'bench-1',
      choices: [{ index: 0, message, finish_reason: reason }],
      usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
    });
  const toolCall = { id: 'call_1', type: 'function', function: { name: 'noop', arguments: '{}' } };
  const called = createBody({ role: 'assistant', content: null, tool_calls: [toolCall] }, 'tool_calls');
  const done = createBody({ role: 'assistant', content: 'Done.' }, 'stop');
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(Buffer.concat(chunks).includes('"role":"tool"') ? done : called);
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
}
