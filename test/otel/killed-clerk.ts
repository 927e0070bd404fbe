import { writeSync } from 'node:fs';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { sqliteHost } from '@pawl/core/sqlite';
import { telemetry } from '@pawl/otel';
import { createClerk } from './clerk.ts';

/** Runs the clerk until it waits for the approval, approves, and kills itself in the payment: `node killed-clerk.ts FILE URL`. */
const [file = '', url = ''] = process.argv.slice(2);

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new TracerProvider({
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
});
const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 2 ** 30 });
const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
const onPay = async (): Promise<void> => {
  await Promise.all([provider.forceFlush(), reader.forceFlush()]);
  writeSync(1, JSON.stringify(memory.getMetrics()));
  process.kill(process.pid, 'SIGKILL');
};
const clerk = createClerk({ instrumentation: telemetry({ tracer: provider.getTracer('test'), meter }), onPay });
const host = sqliteHost(file);
const outcome = await clerk.run('Pay the bill.', { host, runId: 'run' }).outcome();
if (outcome.status !== 'suspended') throw new Error(`The run is ${outcome.status}.`);
for (const { id, fingerprint } of outcome.pending) await host.answer('run', id, { type: 'approve', fingerprint });
await clerk.resume('run', { host });
