// Measures what tracing costs: CPU per run of two model calls and a tool call over HTTP, without instrumentation, with `telemetry()` whose
// sampler drops every span, and with one that records every span, in alternating rounds; and the heap that 10,000 unsampled runs leave.
// npm run bench -- otel [RUNS]

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Agent, openai, tool } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { telemetry } from '@pawl/otel';
import { z } from 'zod';

const ROUNDS = 9;

if (isMainThread) await compareRuns(Number(process.argv[2] ?? 10_000));
else serve();

async function compareRuns(runs: number): Promise<void> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const worker = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const dropping = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('bench');
  const recording = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('bench');
  const ways: Readonly<Record<string, Instrumentation | undefined>> = {
    without: undefined,
    unsampled: telemetry({ tracer: dropping }),
    sampled: telemetry({ tracer: recording }),
  };
  const model = openai('bench', { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'bench' });
  const noop = tool({
    name: 'noop',
    description: 'Nothing.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'ok',
  });
  const agents = Object.entries(ways).map(([name, instrumentation]) => ({
    name,
    agent: new Agent({ model, tools: [noop], instrumentation }),
    times: [] as number[],
  }));
  const perRound = Math.ceil(runs / ROUNDS);
  for (const { agent } of agents) await runMany(agent, perRound); // Warms up.
  let heapBefore = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, agent, times } of round % 2 === 0 ? agents : agents.toReversed()) {
      if (round === 1 && name === 'unsampled') heapBefore = measureHeap();
      // Only this thread: the server is in another one.
      const before = process.threadCpuUsage();
      await runMany(agent, perRound);
      const { user, system } = process.threadCpuUsage(before);
      times.push((user + system) / perRound);
    }
  }
  const grownKiB = (measureHeap() - heapBefore) / 1024;
  const [base] = agents;
  for (const { name, times } of agents) {
    const share = times.map((time, round) => time / (base?.times[round] ?? time));
    console.log(
      `${name}: ${findMedian(times).toFixed(1)} µs of CPU a run, ${(100 * findMedian(share) - 100).toFixed(1)} % more than without`,
    );
  }
  console.log(`heap after all rounds: ${grownKiB.toFixed(0)} KiB more than after the second`);
  await worker.terminate();
}

async function runMany(agent: Agent, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await agent.run('Go.');
}

function measureHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function findMedian(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
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
