import { context, type Meter, type SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import * as metrics2 from 'otel-sdk-metrics-2';
import * as trace2 from 'otel-sdk-trace-2';
import { afterAll, beforeAll } from 'vitest';

/** A finished span, of either major of the SDK. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  }[];
  readonly links: readonly {
    readonly context: {
      readonly traceId: string;
      readonly spanId: string;
      readonly traceState?: { serialize(): string } | undefined;
    };
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  }[];
  readonly status: { readonly code: SpanStatusCode };
  readonly parentSpanContext?: { readonly spanId: string; readonly isRemote?: boolean | undefined } | undefined;
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
}

export interface Recording {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly spans: () => readonly FinishedSpan[];
  /** The sums of counters and the counts of histograms, by metric and attributes. */
  readonly points: () => Promise<readonly Point[]>;
}

export interface Point {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of a counter its sum, of a histogram what was recorded in all. */
  readonly value: number;
  /** Of a histogram. */
  readonly count?: number;
  readonly boundaries?: readonly number[];
}

/** Both majors of OpenTelemetry's SDK. */
export const SDKS = {
  'SDK 2': (): Recording => {
    const exporter = new trace2.InMemorySpanExporter();
    const provider = new trace2.BasicTracerProvider({ spanProcessors: [new trace2.SimpleSpanProcessor(exporter)] });
    const memory = new metrics2.InMemoryMetricExporter(metrics2.AggregationTemporality.CUMULATIVE);
    const reader = new metrics2.PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 2 ** 30 });
    const meters = new metrics2.MeterProvider({ readers: [reader] });
    return {
      tracer: provider.getTracer('test'),
      meter: meters.getMeter('test'),
      spans: () => exporter.getFinishedSpans(),
      points: async () => {
        memory.reset();
        await reader.forceFlush();
        return readPoints(memory.getMetrics());
      },
    };
  },
  'SDK 3': (): Recording => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 2 ** 30 });
    const meters = new MeterProvider({ readers: [reader] });
    return {
      tracer: provider.getTracer('test'),
      meter: meters.getMeter('test'),
      spans: () => exporter.getFinishedSpans(),
      points: async () => {
        memory.reset();
        await reader.forceFlush();
        return readPoints(memory.getMetrics());
      },
    };
  },
};

export const recordSpans: () => Recording = SDKS['SDK 3'];

interface ExportedMetrics {
  readonly scopeMetrics: readonly {
    readonly metrics: readonly {
      readonly descriptor: { readonly name: string };
      readonly dataPoints: readonly { readonly attributes: object; readonly value: unknown }[];
    }[];
  }[];
}

export function readPoints(exported: readonly ExportedMetrics[]): readonly Point[] {
  const all = exported.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics);
  return all.flatMap(({ descriptor: { name }, dataPoints }) =>
    dataPoints.map(({ attributes, value }): Point => {
      const known = { name, attributes: attributes as Point['attributes'] };
      if (typeof value === 'number') return { ...known, value };
      const {
        sum = 0,
        count,
        buckets,
      } = value as {
        readonly sum?: number;
        readonly count: number;
        readonly buckets: { readonly boundaries: readonly number[] };
      };
      return { ...known, value: sum, count, boundaries: buckets.boundaries };
    }),
  );
}

/** Makes the active span known across awaits while the tests of a file run. */
export function useContextManager(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => {
    context.disable();
  });
}

/** The spans as a tree, in the order in which they ended: one line a span, indented below its parent. */
export function drawTree(spans: readonly FinishedSpan[], shown: readonly string[] = []): readonly string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const draw = (parent: string | undefined, depth: number): readonly string[] =>
    spans
      .filter(
        ({ parentSpanContext: outer }) =>
          (outer !== undefined && ids.has(outer.spanId) ? outer.spanId : undefined) === parent,
      )
      .flatMap((span) => {
        const values = shown.flatMap((name) =>
          span.attributes[name] === undefined ? [] : [String(span.attributes[name])],
        );
        const line = [span.name, ...values].join(' · ');
        return ['  '.repeat(depth) + line, ...draw(span.spanContext().spanId, depth + 1)];
      });
  return draw(undefined, 0);
}

export function findSpan(spans: readonly FinishedSpan[], name: string): FinishedSpan {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`There is no span "${name}": ${spans.map((span) => span.name).join(', ')}.`);
  return found;
}

/** Sums a metric over all its attributes. */
export function sumOf(points: readonly Point[], name: string): number {
  return points.filter((point) => point.name === name).reduce((sum, { value }) => sum + value, 0);
}
