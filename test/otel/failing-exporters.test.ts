import { DiagLogLevel, diag } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Agent, tool } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { recordSpans, useContextManager } from './record-spans.ts';

useContextManager();

const look = tool({ name: 'look', input: z.object({}), effect: 'read', execute: () => 'seen' });

const failure = (): never => {
  throw new Error('The exporter is broken.');
};

const THROWING: SpanExporter = { export: failure, shutdown: async () => undefined };
const HANGING: SpanExporter = { export: () => undefined, shutdown: async () => undefined };
const BROKEN: SpanProcessor = {
  onStart: failure,
  onEnd: failure,
  shutdown: async () => undefined,
  forceFlush: async () => undefined,
};

test.each<[string, SpanProcessor]>([
  ['an exporter that throws', new SimpleSpanProcessor({ exporter: THROWING })],
  ['an exporter that never ends', new SimpleSpanProcessor({ exporter: HANGING })],
  ['a batch of an exporter that throws', new BatchSpanProcessor({ exporter: THROWING, maxExportBatchSize: 1 })],
  ['a batch of an exporter that never ends', new BatchSpanProcessor({ exporter: HANGING, maxExportBatchSize: 1 })],
  ['a processor that throws', BROKEN],
])('completes a run with %s', async (_, processor) => {
  const ignore = (): void => undefined; // The SDK reports the failures here.
  diag.setLogger({ error: ignore, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ERROR);
  onTestFinished(() => diag.disable());
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
  const model = scriptedModel([respond.call('look'), respond.text('Seen.')]);
  const outcome = await new Agent({ model, tools: [look], instrumentation: telemetry({ tracer }) }).run('Look.');
  expect(outcome.output).toBe('Seen.');
});

test('completes a run whose spans cannot be enriched', async () => {
  const { tracer, spans } = recordSpans();
  const model = scriptedModel([respond.call('look'), respond.text('Seen.')]);
  const instrumentation = telemetry({ tracer, enrich: failure });
  const outcome = await new Agent({ model, tools: [look], instrumentation }).run('Look.');
  expect(outcome.output).toBe('Seen.');
  expect(spans()).toHaveLength(4);
});

test('completes a run with a meter that throws', async () => {
  const { tracer, spans } = recordSpans();
  const record = { add: failure, record: failure };
  const meter = { createCounter: () => record, createHistogram: () => record } as never; // The two methods that are used.
  const model = scriptedModel([respond.call('look'), respond.text('Seen.')]);
  await new Agent({ model, tools: [look], instrumentation: telemetry({ tracer, meter }) }).run('Look.');
  expect(spans()).toHaveLength(4);
});

test('lets enrich add attributes to each kind of span', async () => {
  const { tracer, spans } = recordSpans();
  const model = scriptedModel([respond.call('look'), respond.text('Seen.')]);
  const instrumentation = telemetry({ tracer, enrich: (span, { type }) => void span.setAttribute('my.type', type) });
  await new Agent({ model, tools: [look], instrumentation }).run('Look.');
  expect(spans().map(({ attributes }) => attributes['my.type'])).toEqual([
    'model_call',
    'tool_call',
    'model_call',
    'run',
  ]);
});
