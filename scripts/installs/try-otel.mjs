// Run by scripts/try-installs.ts in projects that have the packed packages and one major of OpenTelemetry's SDK: the spans of a run.
//   node try-otel.mjs PACKAGE      the package with the tracer provider
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Agent, tool } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const sdk = await import(String(process.argv[2]));
const exporter = new sdk.InMemorySpanExporter();
const provider =
  sdk.BasicTracerProvider === undefined
    ? new sdk.TracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor({ exporter })] })
    : new sdk.BasicTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] });
const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const model = scriptedModel([respond.call('look'), respond.text('Done.')]);
const instrumentation = telemetry({ tracer: provider.getTracer('test') });
await new Agent({ name: 'a', model, tools: [look], instrumentation }).run('Go.');
const spans = exporter.getFinishedSpans();
const invoked = spans.at(-1)?.spanContext().spanId;
const shown = spans.map(
  (/** @type {any} */ { name, parentSpanContext }) => `${name} ${parentSpanContext?.spanId === invoked}`,
);
const expected = 'chat scripted true,execute_tool look true,chat scripted true,invoke_agent a false';
if (shown.join() !== expected) throw new Error(`@pawl/otel does not work with ${process.argv[2]}: ${shown.join()}`);
