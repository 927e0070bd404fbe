import { type Attributes, type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Usage } from '@pawl/core';
import type { ChatResponse, Delta } from '@pawl/core/chat';
import type { AttemptSpan, ModelCallResult, ModelCallSpan } from '@pawl/core/instrumentation';
import type { AgentSpans } from './agent-spans.ts';
import { findModelErrorType } from './error-type.ts';
import { guard } from './guard.ts';
import { type InferenceLabels, LabelCache } from './inference-labels.ts';
import { recordException } from './record-exception.ts';
import { captureContent, type Recorder } from './recorder.ts';
import { createModelAttributes, createSettingAttributes } from './request-attributes.ts';
import { createOpenaiAttributes, createResponseAttributes, createUsageAttributes } from './response-attributes.ts';
import { ATTRIBUTE, EVENT, OPERATION, PAWL } from './semconv.ts';
import { measureSeconds, readTime } from './stopwatch.ts';
import { runWithin, UNSAMPLED } from './unsampled.ts';

/** A model call under way. */
interface OpenCall {
  readonly call: ModelCallSpan;
  readonly span: Span;
  /** The context of the call; absent if it has no span. */
  readonly within: Context | undefined;
  /** Those of its metrics before a response. */
  readonly labels: InferenceLabels;
  readonly startedAt: number;
  /** In seconds since the start of the call. */
  firstChunk: number | undefined;
  lastChunkAt: number | undefined;
}

/** The spans of model calls. Retries and fallbacks are events of the call's span. */
export class ModelSpans {
  readonly #recorder: Recorder;
  readonly #agents: AgentSpans;
  readonly #open = new WeakMap<ModelCallSpan, OpenCall>();
  readonly #labels = new LabelCache();

  constructor(recorder: Recorder, agents: AgentSpans) {
    this.#recorder = recorder;
    this.#agents = agents;
  }

  instrumentModelCall(call: ModelCallSpan, work: () => Promise<ModelCallResult>): Promise<ModelCallResult> {
    return this.#agents.shouldDescribeCalls(call.run) ? this.#describe(call, work) : work();
  }

  async #describe(call: ModelCallSpan, work: () => Promise<ModelCallResult>): Promise<ModelCallResult> {
    if (call.origin === 'lost') return this.#countLost(call, work);
    const open = guard('the span of a model call', () => this.#begin(call));
    if (open === undefined) return work();
    try {
      const result = await runWithin(open.within, work);
      guard('the span of a model call', () => this.#finish(open, result));
      return result;
    } catch (error) {
      guard('the span of a model call', () => this.#fail(open, { error }));
      throw error;
    }
  }

  instrumentAttempt(attempt: AttemptSpan, work: () => Promise<ChatResponse>): Promise<ChatResponse> {
    const open = this.#open.get(attempt.call);
    return open === undefined ? work() : this.#describeAttempt(attempt, { open, work });
  }

  async #describeAttempt(
    attempt: AttemptSpan,
    { open, work }: { readonly open: OpenCall; readonly work: () => Promise<ChatResponse> },
  ): Promise<ChatResponse> {
    open.firstChunk = undefined;
    open.lastChunkAt = undefined;
    if (attempt.request.stream === true)
      attempt.onDelta((delta) => void guard('a chunk', () => this.#recordChunk(delta, open)));
    try {
      return await work();
    } catch (error) {
      guard('the event of an attempt', () => recordAttempt(attempt, { error, span: open.span }));
      throw error;
    }
  }

  /** A request that a crash cut off has no span: nobody knows when it ended. Its tokens are charged by this attempt, and counted. */
  async #countLost(call: ModelCallSpan, work: () => Promise<ModelCallResult>): Promise<ModelCallResult> {
    const result = await work();
    guard('the metrics of a model call', () => {
      const labels = this.#labels.getLabels(call.model, call.request.model, undefined);
      this.#recorder.metrics()?.recordUsage(call.getUsage(), { labels, response: undefined });
    });
    return result;
  }

  #begin(call: ModelCallSpan): OpenCall {
    const { run, agent, model, request } = call;
    const labels = this.#labels.getLabels(model, request.model, undefined);
    const parent = this.#agents.enter(run, agent);
    const span = parent === undefined ? UNSAMPLED : this.#startSpan(call, { attributes: labels.attributes, parent });
    const open = {
      call,
      span,
      within: parent && trace.setSpan(parent, span),
      labels,
      startedAt: readTime(),
      firstChunk: undefined,
      lastChunkAt: undefined,
    };
    this.#open.set(call, open);
    return open;
  }

  #startSpan(
    { run, model, request, isCompacted }: ModelCallSpan,
    { attributes, parent }: { readonly attributes: Attributes; readonly parent: Context },
  ): Span {
    const name = `${OPERATION.chat} ${request.model ?? model.name}`;
    const span = this.#recorder.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    if (span.isRecording()) {
      const { conversation } = run.record;
      span.setAttributes({
        ...createSettingAttributes(request),
        ...(request.stream === true && { [ATTRIBUTE.requestStream]: true }),
        ...(conversation !== undefined && { [ATTRIBUTE.conversationId]: conversation.id }),
        ...(isCompacted && { [ATTRIBUTE.conversationCompacted]: true }),
      });
    }
    return span;
  }

  #recordChunk(delta: Delta, open: OpenCall): void {
    if (delta.type !== 'text') return;
    const { labels } = open;
    const now = readTime();
    if (open.lastChunkAt === undefined) {
      open.firstChunk = measureSeconds(open.startedAt);
      this.#recorder.metrics()?.recordFirstChunk(open.firstChunk, labels);
    } else {
      this.#recorder.metrics()?.recordNextChunk((now - open.lastChunkAt) / 1000, labels);
    }
    open.lastChunkAt = now;
  }

  #finish(open: OpenCall, result: ModelCallResult): void {
    const { event, response } = result;
    if (event === undefined || event.type === 'model.responded') this.#finishResponse(open, result);
    else this.#fail(open, { error: toFailure(event), result, response });
  }

  #finishResponse(open: OpenCall, result: ModelCallResult): void {
    const { call, span, firstChunk } = open;
    const { response, model = call.model } = result;
    const usage = call.getUsage();
    const reasons = response?.choices.map(({ finish_reason: reason }) => reason ?? 'unknown');
    if (span.isRecording()) {
      if (model !== call.model) {
        // A fallback responded: the call is of that model.
        span.updateName(`${OPERATION.chat} ${model.name}`);
        span.setAttributes(createModelAttributes(model));
      }
      if (response !== undefined) span.setAttributes(createResponseAttributes(response));
      if (firstChunk !== undefined) span.setAttribute(ATTRIBUTE.responseTimeToFirstChunk, firstChunk);
    }
    this.#end(open, { result, usage, errorType: undefined });
    this.#agents.addModelCall(call.run, { usage, finishReasons: reasons });
  }

  #fail(
    open: OpenCall,
    failed: {
      readonly error: unknown;
      readonly result?: ModelCallResult;
      readonly response?: ChatResponse | undefined;
    },
  ): void {
    const { call, span, firstChunk } = open;
    const { error, result } = failed;
    const usage = call.getUsage();
    const errorType = findModelErrorType(error);
    if (span.isRecording()) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute(ATTRIBUTE.errorType, errorType);
      // The server had begun to respond.
      if (firstChunk !== undefined) span.setAttribute(ATTRIBUTE.responseFinishReasons, ['error']);
      const hasMessage = this.#recorder.content !== undefined;
      recordException(span, { name: EVENT.modelException, error, hasMessage });
    }
    this.#end(open, { result, usage, errorType });
    this.#agents.addModelCall(call.run, { usage, finishReasons: firstChunk === undefined ? undefined : ['error'] });
  }

  #end(
    { call, span, startedAt }: OpenCall,
    ended: {
      readonly result: ModelCallResult | undefined;
      readonly usage: Usage;
      readonly errorType: string | undefined;
    },
  ): void {
    const { result, usage, errorType } = ended;
    const { response, model = call.model } = result ?? {};
    if (span.isRecording()) {
      span.setAttributes(createUsageAttributes(usage, response));
      const { provider } = model.server ?? {};
      if (provider === 'openai' || provider === 'azure')
        span.setAttributes(createOpenaiAttributes(call.request, response));
      guard('the content of a model call', () => this.#captureContent(call, { span, response }));
      guard('enrich', () =>
        this.#recorder.enrich(span, { type: 'model_call', call, ...(result !== undefined && { result }) }),
      );
    }
    guard('the metrics of a model call', () => {
      const requested = model === call.model ? call.request.model : undefined;
      const labels = this.#labels.getLabels(model, requested, response?.model);
      const metrics = this.#recorder.metrics();
      metrics?.recordInference(measureSeconds(startedAt), { labels, errorType });
      metrics?.recordUsage(usage, { labels, response });
    });
    span.end();
  }

  #captureContent(
    { request, hasInstructions }: ModelCallSpan,
    { span, response }: { readonly span: Span; readonly response: ChatResponse | undefined },
  ): void {
    const { content } = this.#recorder;
    if (content === undefined) return;
    const { encoder } = content;
    const { messages, tools = [] } = request;
    const [first] = messages;
    // The conventions: what an API takes apart from the messages. A system message of the conversation is one of them.
    const instructions = hasInstructions && first !== undefined ? encoder.encodeInstructions(first) : undefined;
    captureContent(span, content, {
      ...(instructions !== undefined && { [ATTRIBUTE.systemInstructions]: instructions }),
      [ATTRIBUTE.inputMessages]: encoder.encodeInput(hasInstructions ? messages.slice(1) : messages),
      ...(response !== undefined && { [ATTRIBUTE.outputMessages]: encoder.encodeOutput(response) }),
      ...(tools.length > 0 && { [ATTRIBUTE.toolDefinitions]: encoder.encodeTools(tools) }),
    });
  }
}

/** What the journal says of why there is no response. */
function toFailure(event: NonNullable<ModelCallResult['event']>): unknown {
  switch (event.type) {
    case 'model.failed':
      return event.error;
    case 'limit.exceeded':
      return { name: 'limit', code: 'limit' };
    case 'run.refused':
      return { name: 'refused', code: 'refused' };
    default:
      return { name: 'cancelled', code: 'cancelled' };
  }
}

function recordAttempt(attempt: AttemptSpan, { error, span }: { readonly error: unknown; readonly span: Span }): void {
  if (!span.isRecording()) return;
  const retryInMs = attempt.retryInMs();
  span.addEvent(PAWL.attemptFailed, {
    [ATTRIBUTE.errorType]: findModelErrorType(error),
    [ATTRIBUTE.requestModel]: attempt.model.name,
    ...(retryInMs !== undefined && { [PAWL.retryInMs]: retryInMs }),
  });
}
