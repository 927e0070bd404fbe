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
import type { Instrumentation } from '@pawl/core/instrumentation';
import { telemetry } from '@pawl/otel';

interface KilledExport {
  readonly instrumentation: Instrumentation;
  /** Sends the spans, prints the metrics, and kills this process. */
  readonly sendAndKill: () => Promise<void>;
}

/** Sets up a process that sends its spans to a receiver, and is killed on the way. */
export function exportUntilKilled(url: string): KilledExport {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new TracerProvider({
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
  });
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 2 ** 30 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  const sendAndKill = async (): Promise<void> => {
    await Promise.all([provider.forceFlush(), reader.forceFlush()]);
    writeSync(1, JSON.stringify(memory.getMetrics()));
    process.kill(process.pid, 'SIGKILL');
  };
  return { instrumentation: telemetry({ tracer: provider.getTracer('test'), meter }), sendAndKill };
}
