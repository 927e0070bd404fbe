import { type Meter, type Span, type Tracer, trace } from '@opentelemetry/api';
import { ConfigError, checkOptions, type OptionTable } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { AgentSpans } from './agent-spans.ts';
import { ContentEncoder, type RedactContent } from './content.ts';
import { createMetricsSource } from './metrics.ts';
import { ModelSpans } from './model-spans.ts';
import type { ContentCapture, EnrichedSpan, Recorder } from './recorder.ts';
import { ToolSpans } from './tool-spans.ts';
import { ActiveTraceContext } from './trace-context.ts';

export interface TelemetryOptions {
  /** @defaultValue the tracer `@pawl/otel` of the global provider */
  readonly tracer?: Tracer;
  /** @defaultValue the meter `@pawl/otel` of the global provider */
  readonly meter?: Meter;
  /**
   * Whether spans have messages, instructions, tool definitions, arguments, results and the messages of errors:
   * - `none`: nothing that a user, a model or a tool wrote.
   * - `attributes`: as attributes, JSON texts in the form of the semantic conventions.
   * - `event`: the same, as attributes of the span event `gen_ai.client.inference.operation.details`.
   * - a function: as `attributes`, after it changed or left out each part.
   *
   * Only spans that are recorded get content.
   *
   * @defaultValue 'none'
   */
  readonly content?: 'none' | 'attributes' | 'event' | RedactContent;
  /**
   * Whether an agent's span has the sum of what its model calls used in that attempt: as `pawl.usage.*`, or as `gen_ai.usage.*`. A backend that
   * adds up the usage of all spans counts `gen_ai` twice.
   *
   * @defaultValue 'none'
   */
  readonly aggregateUsage?: 'none' | 'pawl' | 'gen_ai';
  /**
   * How the span of a later attempt at a run refers to the first one, and that of an enqueued run to the caller: as a trace of its own with a link, or as
   * a part of that trace.
   *
   * @defaultValue 'link'
   */
  readonly resume?: 'link' | 'parent';
  /** Called for each recorded span before it ends. May add attributes; what it throws is logged and ignored. */
  readonly enrich?: (span: Span, ended: EnrichedSpan) => void;
}

/**
 * Traces and measures runs by OpenTelemetry: pass it as `instrumentation` to agents or runs.
 *
 * An error of an exporter, a tracer or of `enrich` is logged by OpenTelemetry's `diag` and never changes a run.
 *
 * @throws ConfigError for an unknown option, and for a tracer or meter that is none, such as a provider.
 *
 * @example
 * const agent = new Agent({ model, tools, instrumentation: telemetry() });
 */
export function telemetry(options: TelemetryOptions = {}): Instrumentation {
  const { tracer, meter, content, aggregateUsage, resume, enrich } = checkOptions(options, TELEMETRY, 'telemetry');
  checkInstrument(tracer, { option: 'tracer', method: 'startSpan', getter: 'getTracer' });
  checkInstrument(meter, { option: 'meter', method: 'createHistogram', getter: 'getMeter' });
  const recorder: Recorder = {
    tracer: tracer ?? trace.getTracer(SCOPE),
    metrics: createMetricsSource(meter, SCOPE),
    content: captureOf(content),
    aggregateUsage: aggregateUsage ?? 'none',
    resume: resume ?? 'link',
    enrich: enrich ?? (() => undefined),
  };
  const active = new ActiveTraceContext();
  const agents = new AgentSpans(recorder);
  const models = new ModelSpans(recorder, agents);
  const tools = new ToolSpans(recorder, agents);
  return {
    instrumentRun: (span, work) => agents.instrumentRun(span, work),
    shouldInstrumentCalls: (run) => agents.shouldDescribeCalls(run),
    instrumentModelCall: (span, work) => models.instrumentModelCall(span, work),
    instrumentAttempt: (span, work) => models.instrumentAttempt(span, work),
    instrumentToolCall: (span, work) => tools.instrumentToolCall(span, work),
    instrumentMcpCall: (span, work) => tools.instrumentMcpCall(span, work),
    traceparent: () => active.getTraceparent(),
    tracestate: () => active.getTracestate(),
  };
}

const SCOPE = '@pawl/otel';

/** A provider in place of a tracer or meter would record nothing, and only OpenTelemetry's own log would say why. */
function checkInstrument(
  given: object | undefined,
  { option, method, getter }: { readonly option: string; readonly method: string; readonly getter: string },
): void {
  if (given === undefined || typeof Reflect.get(given, method) === 'function') return;
  throw new ConfigError(
    `telemetry: ${option} is an object without ${method}. Pass the ${option} of a provider: provider.${getter}('my-app').`,
  );
}

function captureOf(content: TelemetryOptions['content'] = 'none'): ContentCapture | undefined {
  if (content === 'none') return undefined;
  if (typeof content === 'function') return { place: 'attributes', encoder: new ContentEncoder(content) };
  return { place: content, encoder: new ContentEncoder() };
}

const TELEMETRY: OptionTable<TelemetryOptions> = {
  keys: {
    tracer: 'object',
    meter: 'object',
    content: [{ none: true, attributes: true, event: true }, 'function'],
    aggregateUsage: { none: true, pawl: true, gen_ai: true },
    resume: { link: true, parent: true },
    enrich: 'function',
  },
  hints: {
    tracerProvider: 'The option is "tracer": provider.getTracer("my-app").',
    meterProvider: 'The option is "meter": provider.getMeter("my-app").',
    captureContent: 'The option is "content".',
    redact: 'The option is "content", a function of a part.',
  },
};
