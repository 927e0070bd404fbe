import {
  type Attributes,
  type Counter,
  createNoopMeter,
  metrics as global,
  type Histogram,
  type Meter,
  type MeterProvider,
} from '@opentelemetry/api';
import type { Usage } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import type { InferenceLabels } from './inference-labels.ts';
import { listModalities } from './response-attributes.ts';
import { ATTRIBUTE, BUCKETS, METRIC } from './semconv.ts';

/** The instruments of the semantic conventions. */
export class Metrics {
  readonly #inferenceDuration: Histogram;
  readonly #timeToFirstChunk: Histogram;
  readonly #timePerOutputChunk: Histogram;
  readonly #inputTokens: Counter;
  readonly #outputTokens: Counter;
  readonly #cacheRead: Counter;
  readonly #cacheWrite: Counter;
  readonly #reasoning: Counter;
  readonly #operationInput: Histogram;
  readonly #operationOutput: Histogram;
  readonly #agentDuration: Histogram;
  readonly #inferenceCalls: Histogram;
  readonly #toolCalls: Histogram;
  readonly #toolDuration: Histogram;
  readonly #mcpDuration: Histogram;

  constructor(meter: Meter) {
    const createHistogram = (name: string, unit: string, boundaries: readonly number[]): Histogram =>
      meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries: [...boundaries] } });
    const createTokenCounter = (name: string): Counter => meter.createCounter(name, { unit: '{token}' });
    this.#inferenceDuration = createHistogram(METRIC.inferenceDuration, 's', BUCKETS.call);
    this.#timeToFirstChunk = createHistogram(METRIC.timeToFirstChunk, 's', BUCKETS.call);
    this.#timePerOutputChunk = createHistogram(METRIC.timePerOutputChunk, 's', BUCKETS.call);
    this.#inputTokens = createTokenCounter(METRIC.usageInputTokens);
    this.#outputTokens = createTokenCounter(METRIC.usageOutputTokens);
    this.#cacheRead = createTokenCounter(METRIC.usageCacheRead);
    this.#cacheWrite = createTokenCounter(METRIC.usageCacheWrite);
    this.#reasoning = createTokenCounter(METRIC.usageReasoning);
    this.#operationInput = createHistogram(METRIC.operationInputTokens, '{token}', BUCKETS.tokens);
    this.#operationOutput = createHistogram(METRIC.operationOutputTokens, '{token}', BUCKETS.tokens);
    this.#agentDuration = createHistogram(METRIC.agentDuration, 's', BUCKETS.agent);
    this.#inferenceCalls = createHistogram(METRIC.agentInferenceCalls, '{inference_call}', BUCKETS.count);
    this.#toolCalls = createHistogram(METRIC.agentToolCalls, '{tool_call}', BUCKETS.count);
    this.#toolDuration = createHistogram(METRIC.toolDuration, 's', BUCKETS.call);
    this.#mcpDuration = createHistogram(METRIC.mcpDuration, 's', BUCKETS.mcp);
  }

  recordInference(
    seconds: number,
    { labels, errorType }: { readonly labels: InferenceLabels; readonly errorType: string | undefined },
  ): void {
    this.#inferenceDuration.record(seconds, withError(labels.attributes, errorType));
  }

  recordFirstChunk(seconds: number, labels: InferenceLabels): void {
    this.#timeToFirstChunk.record(seconds, labels.attributes);
  }

  recordNextChunk(seconds: number, labels: InferenceLabels): void {
    this.#timePerOutputChunk.record(seconds, labels.attributes);
  }

  /** What the run is charged for the call: also the estimates for attempts that failed. */
  recordUsage(
    usage: Usage,
    { labels, response }: { readonly labels: InferenceLabels; readonly response: ChatResponse | undefined },
  ): void {
    const { attributes, unknown } = labels;
    addByModality(this.#inputTokens, usage.inputTokens, { labels, counted: listModalities(response, 'input') });
    addByModality(this.#outputTokens, usage.outputTokens, { labels, counted: listModalities(response, 'output') });
    if (usage.cachedInputTokens > 0) this.#cacheRead.add(usage.cachedInputTokens, unknown);
    if (usage.reasoningTokens > 0) this.#reasoning.add(usage.reasoningTokens, unknown);
    const written = response?.usage?.prompt_tokens_details?.cache_write_tokens ?? 0;
    if (written > 0) this.#cacheWrite.add(written, unknown);
    this.#operationInput.record(usage.inputTokens, attributes);
    this.#operationOutput.record(usage.outputTokens, attributes);
  }

  recordAgent(
    seconds: number,
    ended: {
      readonly attributes: Attributes;
      readonly errorType: string | undefined;
      readonly modelCalls: number;
      readonly toolCalls: number;
    },
  ): void {
    const { attributes } = ended;
    this.#agentDuration.record(seconds, withError(attributes, ended.errorType));
    this.#inferenceCalls.record(ended.modelCalls, attributes);
    this.#toolCalls.record(ended.toolCalls, attributes);
  }

  recordTool(
    seconds: number,
    { attributes, errorType }: { readonly attributes: Attributes; readonly errorType: string | undefined },
  ): void {
    this.#toolDuration.record(seconds, withError(attributes, errorType));
  }

  recordMcpCall(
    seconds: number,
    { attributes, errorType }: { readonly attributes: Attributes; readonly errorType: string | undefined },
  ): void {
    this.#mcpDuration.record(seconds, withError(attributes, errorType));
  }
}

/**
 * Gives the instruments of the meter, or of the global provider as it is now: an application may set up its SDK after its first run.
 * `undefined` if nothing records metrics.
 */
export function createMetricsSource(meter: Meter | undefined, scope: string): () => Metrics | undefined {
  if (meter !== undefined) {
    const own = new Metrics(meter);
    return () => own;
  }
  let made: { readonly provider: MeterProvider; readonly metrics: Metrics | undefined } | undefined;
  return () => {
    const provider = global.getMeterProvider();
    if (made?.provider !== provider) {
      const found = provider.getMeter(scope);
      made = { provider, metrics: found === createNoopMeter() ? undefined : new Metrics(found) };
    }
    return made.metrics;
  };
}

function withError(attributes: Attributes, errorType: string | undefined): Attributes {
  return errorType === undefined ? attributes : { ...attributes, [ATTRIBUTE.errorType]: errorType };
}

interface CountedTokens {
  readonly labels: InferenceLabels;
  readonly counted: ReturnType<typeof listModalities>;
}

/** The sum over all modalities is the total. What the server did not count apart is `unknown`. */
function addByModality(counter: Counter, total: number, { labels, counted }: CountedTokens): void {
  let rest = total;
  for (const [modality, tokens] of counted) {
    const part = Math.min(tokens, rest);
    if (part > 0) counter.add(part, { ...labels.attributes, [ATTRIBUTE.tokenModality]: modality });
    rest -= part;
  }
  if (rest > 0 || total === 0) counter.add(rest, labels.unknown);
}
