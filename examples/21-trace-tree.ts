// The spans of a run, as OpenTelemetry exports them: two calls at once, a request that is repeated, and an agent as a tool. Printed as a tree.
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Agent, openai, tool } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

// An application sets up OpenTelemetry's SDK once, with an exporter to its backend in place of this one.
const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const server = await offlineServer({
  script: [
    respond.calls([
      { name: 'find_order', arguments: { order: 7 } },
      { name: 'ask_carrier', arguments: { prompt: 'Where is parcel 12?' } },
    ]),
    respond.text('Parcel 12 is in Rome.'),
    respond.httpError(503),
    respond.text('Order 7 is on its way, and is in Rome.'),
  ],
});
const model = openai('gpt-5-mini', { baseURL: server.baseURL });

const findOrder = tool({
  name: 'find_order',
  description: 'Finds an order.',
  input: z.object({ order: z.number() }),
  effect: 'read',
  execute: ({ order }) => ({ order, parcel: 12 }),
});
const carrier = new Agent({ name: 'carrier', model });
const clerk = new Agent({
  name: 'clerk',
  model,
  tools: [findOrder, carrier.asTool({ name: 'ask_carrier', description: 'Asks where a parcel is.' })],
  retry: { initialDelayMs: 0 },
  instrumentation: telemetry({ tracer: provider.getTracer('example') }),
});
const { output } = await clerk.run('Where is order 7?');
console.log(`${output}\n`);

const SHOWN = ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.tool.call.id', 'pawl.outcome'];

function printTree(spans: readonly ReadableSpan[], parentId?: string, indent = ''): void {
  for (const span of spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parentId)) {
    const values = SHOWN.flatMap((name) => {
      const value = span.attributes[name];
      return value === undefined ? [] : [`${name.replace(/^.*\.(?=\w+$)/, '')}=${value}`];
    });
    console.log([`${indent}${span.name}`, ...values].join('  '));
    for (const { name, attributes } of span.events) console.log(`${indent}  * ${name} ${attributes?.['error.type']}`);
    printTree(spans, span.spanContext().spanId, `${indent}  `);
  }
}

const compareStart = (one: ReadableSpan, other: ReadableSpan): number =>
  one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1];
printTree(exporter.getFinishedSpans().toSorted(compareStart));

await provider.shutdown();
await server.close();
