import {
  type Attributes,
  type Context,
  context,
  INVALID_TRACEID,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Usage } from '@pawl/core';
import { addUsage } from '@pawl/core/events';
import type { InstrumentedAgent, RunResult, RunSpan } from '@pawl/core/instrumentation';
import { computeOnce } from './compute-once.ts';
import { findModelErrorType } from './error-type.ts';
import { guard } from './guard.ts';
import { captureContent, type Recorder } from './recorder.ts';
import { createSettingAttributes } from './request-attributes.ts';
import { ATTRIBUTE, OPERATION, PAWL } from './semconv.ts';
import { measureSeconds, readTime } from './stopwatch.ts';
import { parseTraceContext } from './trace-context.ts';

/** One `invoke_agent` span. */
interface Invocation {
  readonly span: Span;
  agent: InstrumentedAgent;
  readonly startedAt: number;
  modelCalls: number;
  toolCalls: number;
  usage: Usage | undefined;
  finishReasons: readonly string[] | undefined;
}

/** An attempt at a run. A handoff ends its invocation and begins another one. */
interface RunState {
  readonly run: RunSpan;
  /** The context of invocations after handoffs: around the run, or around its first span, because another root would be another trace. */
  readonly outer: Context;
  readonly ended: Span[];
  readonly isSampled: boolean;
  current: Invocation;
}

/** The spans of attempts at runs, and the parents of what happens in them. */
export class AgentSpans {
  readonly #recorder: Recorder;
  /** The attempts that are described. */
  readonly #states = new WeakMap<RunSpan, RunState>();
  readonly #descriptions = new WeakMap<InstrumentedAgent, AgentDescription>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /**
   * Whether the calls of a run are described. Samplers decide by trace or by parent, so that without a span of the run there is none of a call;
   * then only metrics are recorded.
   */
  shouldDescribeCalls(run: RunSpan): boolean {
    return this.#states.has(run);
  }

  instrumentRun(run: RunSpan, work: () => Promise<RunResult>): Promise<RunResult> {
    const state = guard('the span of a run', () => this.#begin(run));
    if (state === undefined) return work();
    if (state.isSampled || this.#recorder.metrics() !== undefined) return this.#describe(state, work);
    const { span } = state.current;
    // A span that does not record needs no end, but its context says that nothing inside is sampled. Without an SDK it says nothing.
    return span.spanContext().traceId === INVALID_TRACEID
      ? work()
      : context.with(trace.setSpan(state.outer, span), work);
  }

  async #describe(state: RunState, work: () => Promise<RunResult>): Promise<RunResult> {
    this.#states.set(state.run, state);
    try {
      const result = await context.with(trace.setSpan(state.outer, state.current.span), work);
      // A span of recorded work alone is not ended, so that it is never exported.
      if (!result.replayed) guard('the span of a run', () => this.#finish(state, result));
      return result;
    } catch (error) {
      guard('the span of a run', () => this.#fail(state, error));
      throw error;
    }
  }

  /** Gives the context for the span of a call of that agent; `undefined` if the call has no span. */
  enter(run: RunSpan, agent: InstrumentedAgent): Context | undefined {
    const state = this.#states.get(run);
    if (state === undefined) return undefined;
    if (state.current.agent.name !== agent.name) this.#changeAgent(state, agent);
    if (!state.isSampled) return undefined;

    const active = context.active();
    const span = trace.getSpan(active);
    // Without a context manager nothing is active. After a handoff the span of the agent before still is.
    const isOutside = span === undefined || state.ended.includes(span);
    return isOutside ? trace.setSpan(active, state.current.span) : active;
  }

  /** Counts a call of a tool that has ended. */
  addToolCall(run: RunSpan): void {
    const invocation = this.#states.get(run)?.current;
    if (invocation !== undefined) invocation.toolCalls++;
  }

  /** Counts a model call that has ended, and what it used. */
  addModelCall(run: RunSpan, { usage, finishReasons }: Pick<Invocation, 'usage' | 'finishReasons'>): void {
    const invocation = this.#states.get(run)?.current;
    if (invocation === undefined) return;
    invocation.modelCalls++;
    invocation.finishReasons = finishReasons ?? invocation.finishReasons;
    if (usage !== undefined)
      invocation.usage = invocation.usage === undefined ? usage : addUsage(invocation.usage, usage);
  }

  #begin(run: RunSpan): RunState {
    const { resume } = this.#recorder;
    const { record, traceparent, tracestate, isResumed } = run;
    const first = record.trace === undefined ? undefined : parseTraceContext(record.trace);
    // A run that is inside another one has that one's call as its parent.
    const isOutermost = run.path === '';
    const active = context.active();
    const remote =
      trace.getSpan(active) === undefined && traceparent !== undefined
        ? parseTraceContext({ traceparent, ...(tracestate !== undefined && { tracestate }) })
        : undefined;
    const isLater = isOutermost && first !== undefined && (isResumed || record.trace?.origin === 'enqueue');
    const parent = isLater && resume === 'parent' ? first : isOutermost ? remote : undefined;
    const outer = parent === undefined ? active : trace.setSpanContext(isLater ? ROOT_CONTEXT : active, parent);
    const links = isLater && parent !== first ? [linkTo(first, isResumed ? 'first_attempt' : 'enqueue')] : [];
    const current = this.#start(run, { agent: run.agent, outer, links });
    if (isOutermost && run.suspendedMs !== undefined && current.span.isRecording()) {
      current.span.addEvent(PAWL.wait, { [PAWL.waitedMs]: run.suspendedMs });
    }
    const later = trace.getSpan(outer) === undefined ? trace.setSpan(outer, current.span) : outer;
    return { run, outer: later, ended: [], isSampled: current.span.isRecording(), current };
  }

  #start(
    run: RunSpan,
    { agent, outer, links }: { readonly agent: InstrumentedAgent; readonly outer: Context; readonly links: Link[] },
  ): Invocation {
    const { name, attributes } = this.#getDescription(agent);
    const span = this.#recorder.tracer.startSpan(name, { attributes, links }, outer);
    if (span.isRecording()) span.setAttributes(describeRun(run, agent));
    return {
      span,
      agent,
      startedAt: readTime(),
      modelCalls: 0,
      toolCalls: 0,
      usage: undefined,
      finishReasons: undefined,
    };
  }

  /** The agent that took over the conversation gets a span beside the one of the agent before. */
  #changeAgent(state: RunState, agent: InstrumentedAgent): void {
    const { current, run, outer } = state;
    if (current.modelCalls + current.toolCalls === 0) {
      // An earlier attempt or an earlier run of the conversation handed over: the agent that began the run does nothing in this one.
      current.agent = agent;
      current.span.updateName(`${OPERATION.invokeAgent} ${agent.name}`);
      current.span.setAttributes({ [ATTRIBUTE.agentName]: agent.name });
      return;
    }
    const links = [linkTo(current.span.spanContext(), 'handoff')];
    this.#end(state, { errorType: undefined });
    state.ended.push(current.span);
    state.current = this.#start(run, { agent, outer, links });
  }

  #finish(state: RunState, result: Extract<RunResult, { readonly replayed: false }>): void {
    const { span } = state.current;
    const { outcome } = result;
    const error = outcome.status === 'failed' ? outcome.error : undefined;
    if (span.isRecording()) {
      span.setAttributes({ [PAWL.outcome]: outcome.status });
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      guard('the content of a run', () => this.#captureContent(state, result));
      guard('enrich', () => this.#recorder.enrich(span, { type: 'run', run: state.run, result }));
    }
    this.#end(state, { errorType: error === undefined ? undefined : findModelErrorType(error) });
  }

  #captureContent(
    { run, current: { span } }: RunState,
    { outcome }: Extract<RunResult, { readonly replayed: false }>,
  ): void {
    const { content } = this.#recorder;
    if (content === undefined) return;
    const { encoder } = content;
    const text = 'text' in outcome ? outcome.text : undefined;
    captureContent(span, content, {
      [ATTRIBUTE.inputMessages]: encoder.encodeInput(run.record.messages),
      ...(text !== undefined && { [ATTRIBUTE.outputMessages]: encoder.encodeText('assistant', text) }),
    });
  }

  /** The host failed: the run can be resumed. */
  #fail(state: RunState, error: unknown): void {
    const { span } = state.current;
    if (span.isRecording()) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      guard('enrich', () => this.#recorder.enrich(span, { type: 'run', run: state.run }));
    }
    this.#end(state, { errorType: findModelErrorType(error) });
  }

  #end({ current }: RunState, { errorType }: { readonly errorType: string | undefined }): void {
    const { span, agent, startedAt, modelCalls, toolCalls, usage, finishReasons } = current;
    if (span.isRecording()) {
      if (errorType !== undefined) span.setAttribute(ATTRIBUTE.errorType, errorType);
      if (finishReasons !== undefined) span.setAttribute(ATTRIBUTE.responseFinishReasons, [...finishReasons]);
      if (usage !== undefined) span.setAttributes(createUsageTotals(usage, this.#recorder.aggregateUsage));
    }
    guard('the metrics of a run', () =>
      this.#recorder.metrics()?.recordAgent(measureSeconds(startedAt), {
        attributes: this.#getDescription(agent).labels,
        errorType,
        modelCalls,
        toolCalls,
      }),
    );
    span.end();
  }

  #getDescription(agent: InstrumentedAgent): AgentDescription {
    return computeOnce(this.#descriptions, agent, describeAgent);
  }
}

/** How the spans of an agent begin, and the attributes of its metrics. */
interface AgentDescription {
  readonly name: string;
  readonly attributes: Attributes;
  readonly labels: Attributes;
}

function describeAgent({ name, models }: InstrumentedAgent): AgentDescription {
  const [model] = models;
  return {
    name: `${OPERATION.invokeAgent} ${name}`,
    attributes: {
      [ATTRIBUTE.operationName]: OPERATION.invokeAgent,
      [ATTRIBUTE.agentName]: name,
      ...(model !== undefined && models.length === 1 && { [ATTRIBUTE.requestModel]: model.name }),
    },
    labels: { [ATTRIBUTE.agentName]: name },
  };
}

function describeRun(
  { runId, path, record, attemptId, isResumed, modelSettings }: RunSpan,
  agent: InstrumentedAgent,
): Attributes {
  const { description } = agent;
  const { conversation } = record;
  return {
    ...createSettingAttributes(modelSettings),
    ...(description !== undefined && { [ATTRIBUTE.agentDescription]: description }),
    ...(conversation !== undefined && { [ATTRIBUTE.conversationId]: conversation.id }),
    [PAWL.runId]: runId,
    [PAWL.attemptId]: attemptId,
    ...(path !== '' && { [PAWL.path]: path }),
    ...(isResumed && { [PAWL.isResumed]: true }),
  };
}

function linkTo(spanContext: SpanContext, reason: string): Link {
  return { context: spanContext, attributes: { [PAWL.link]: reason } };
}

function createUsageTotals(usage: Usage, names: Recorder['aggregateUsage']): Attributes {
  switch (names) {
    case 'none':
      return {};
    case 'gen_ai':
      return {
        [ATTRIBUTE.usageInputTokens]: usage.inputTokens,
        [ATTRIBUTE.usageOutputTokens]: usage.outputTokens,
      };
    case 'pawl':
      return {
        [PAWL.usageInputTokens]: usage.inputTokens,
        [PAWL.usageOutputTokens]: usage.outputTokens,
        [PAWL.usageCacheReadInputTokens]: usage.cachedInputTokens,
        [PAWL.usageReasoningOutputTokens]: usage.reasoningTokens,
        [PAWL.usageCost]: usage.cost,
        ...(usage.estimated && { [PAWL.isEstimated]: true }),
      };
  }
}
