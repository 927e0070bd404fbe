import { type Attributes, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { getCallName } from '@pawl/core/chat';
import type { ToolCallResult, ToolCallSpan } from '@pawl/core/instrumentation';
import type { AgentSpans } from './agent-spans.ts';
import { findModelErrorType, findToolErrorType } from './error-type.ts';
import { guard } from './guard.ts';
import { recordException } from './record-exception.ts';
import { captureContent, type Recorder } from './recorder.ts';
import { ATTRIBUTE, EVENT, OPERATION, PAWL } from './semconv.ts';
import { measureSeconds, readTime } from './stopwatch.ts';

interface OpenCall {
  readonly call: ToolCallSpan;
  readonly span: Span;
  readonly startedAt: number;
}

/** The spans of tool calls. A call that is denied, or that names no tool, has one too. */
export class ToolSpans {
  readonly #recorder: Recorder;
  readonly #agents: AgentSpans;

  constructor(recorder: Recorder, agents: AgentSpans) {
    this.#recorder = recorder;
    this.#agents = agents;
  }

  instrumentToolCall(call: ToolCallSpan, work: () => Promise<ToolCallResult>): Promise<ToolCallResult> {
    return this.#agents.shouldDescribeCalls(call.run) ? this.#describe(call, work) : work();
  }

  async #describe(call: ToolCallSpan, work: () => Promise<ToolCallResult>): Promise<ToolCallResult> {
    const begun = guard('the span of a tool call', () => this.#begin(call));
    if (begun === undefined) return work();
    const { open, within } = begun;
    try {
      const result = await context.with(within, work);
      // A span of recorded work alone is not ended, so that it is never exported.
      if (!result.replayed) guard('the span of a tool call', () => this.#finish(open, result));
      return result;
    } catch (error) {
      guard('the span of a tool call', () => this.#end(open, { error, errorType: findModelErrorType(error) }));
      throw error;
    }
  }

  #begin(call: ToolCallSpan): { readonly open: OpenCall; readonly within: ReturnType<typeof context.active> } {
    const { run, agent, tool } = call;
    const name = getCallName(call.call);
    const parent = this.#agents.enter(run, agent);
    const attributes = {
      [ATTRIBUTE.operationName]: OPERATION.executeTool,
      [ATTRIBUTE.toolName]: name,
      [ATTRIBUTE.toolType]: 'function',
    };
    const span = this.#recorder.tracer.startSpan(`${OPERATION.executeTool} ${name}`, { attributes }, parent);
    if (span.isRecording()) {
      span.setAttributes({
        [ATTRIBUTE.toolCallId]: call.call.id,
        [ATTRIBUTE.agentName]: agent.name,
        ...(tool?.description !== undefined && { [ATTRIBUTE.toolDescription]: tool.description }),
        ...createTransferAttributes(call),
      });
    }
    return { open: { call, span, startedAt: readTime() }, within: trace.setSpan(parent, span) };
  }

  #finish(open: OpenCall, result: ToolCallResult): void {
    const { event } = result;
    const { span, call } = open;
    if (span.isRecording()) {
      if (event.type === 'approval.requested' || event.type === 'tool.suspended') {
        span.setAttribute(PAWL.outcome, 'suspended');
      }
      guard('the content of a tool call', () => this.#captureContent(call, { span, event }));
    }
    const errorType = findToolErrorType(event);
    this.#end(open, { result, errorType, ...(event.type === 'tool.failed' && { error: event.error }) });
  }

  #end(
    { call, span, startedAt }: OpenCall,
    ended: { readonly result?: ToolCallResult; readonly errorType: string | undefined; readonly error?: unknown },
  ): void {
    const { result, errorType, error } = ended;
    if (span.isRecording()) {
      if (errorType !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute(ATTRIBUTE.errorType, errorType);
      }
      if (error !== undefined) {
        recordException(span, { name: EVENT.toolException, error, hasMessage: this.#recorder.content !== undefined });
      }
      guard('enrich', () =>
        this.#recorder.enrich(span, { type: 'tool_call', call, ...(result !== undefined && { result }) }),
      );
    }
    // A closed call ran nothing.
    if (call.kind !== 'closed') {
      this.#agents.addToolCall(call.run);
      const attributes = createMetricAttributes(call);
      guard('the metrics of a tool call', () =>
        this.#recorder.metrics()?.recordTool(measureSeconds(startedAt), { attributes, errorType }),
      );
    }
    span.end();
  }

  #captureContent(
    { call }: ToolCallSpan,
    { span, event }: { readonly span: Span; readonly event: ToolCallResult['event'] },
  ): void {
    const { content } = this.#recorder;
    if (content === undefined) return;
    const input = content.encoder.encodeArguments(call);
    const result = 'content' in event ? content.encoder.encodeResult(call, event.content) : undefined;
    captureContent(span, content, {
      ...(input !== undefined && { [ATTRIBUTE.toolCallArguments]: input }),
      ...(result !== undefined && { [ATTRIBUTE.toolCallResult]: result }),
    });
  }
}

/** An agent as a tool gives the control back; a handoff does not. */
function createTransferAttributes({ tool }: ToolCallSpan): Attributes {
  if (tool === undefined) return {};
  const { handoffTo, delegate, name } = tool;
  if (handoffTo === undefined && delegate === undefined) return {};
  return {
    [ATTRIBUTE.transferMode]: handoffTo === undefined ? 'return_to_caller' : 'pass_control',
    [ATTRIBUTE.transferTargetType]: 'agent',
    [ATTRIBUTE.transferTargetName]: handoffTo ?? name,
  };
}

function createMetricAttributes({ tool, agent }: ToolCallSpan): Attributes {
  return {
    // A model may make up any number of names.
    [ATTRIBUTE.toolName]: tool?.name ?? '_OTHER',
    [ATTRIBUTE.toolType]: 'function',
    [ATTRIBUTE.agentName]: agent.name,
  };
}
