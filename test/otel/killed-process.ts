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
import { createTracedAgent } from './traced-agent.ts';

/** Runs the traced agent on a file, and kills itself in the third step after it has sent its spans: `node killed-process.ts FILE URL`. */
const [file = '', url = ''] = process.argv.slice(2);

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new TracerProvider({
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
});
const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 2 ** 30 });
const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
const onThird = async (): Promise<void> => {
  await Promise.all([provider.forceFlush(), reader.forceFlush()]);
  writeSync(1, JSON.stringify(memory.getMetrics()));
  process.kill(process.pid, 'SIGKILL');
};
const instrumentation = telemetry({ tracer: provider.getTracer('test'), meter });
await createTracedAgent({ instrumentation, onThird }).run('Go.', { host: sqliteHost(file), runId: 'run' });
