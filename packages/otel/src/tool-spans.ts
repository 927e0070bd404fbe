import { type Attributes, type Context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { getCallName } from '@pawl/core/chat';
import type { InstrumentedAgent, McpCallSpan, ToolCallResult, ToolCallSpan } from '@pawl/core/instrumentation';
import type { AgentSpans } from './agent-spans.ts';
import { findModelErrorType, findToolErrorType } from './error-type.ts';
import { guard } from './guard.ts';
import {
  createMcpAttributes,
  createMcpLabels,
  describeMcpRejection,
  findMcpError,
  type McpOutcome,
} from './mcp-attributes.ts';
import { recordException } from './record-exception.ts';
import { captureContent, type Recorder } from './recorder.ts';
import { ATTRIBUTE, EVENT, OPERATION, PAWL } from './semconv.ts';
import { measureSeconds, readTime } from './stopwatch.ts';
import { runWithin, UNSAMPLED } from './unsampled.ts';

interface OpenCall {
  readonly call: ToolCallSpan;
  /** `error.type` of its request to an MCP server; `undefined` if that gave a result. */
  mcpErrorType: string | undefined;
  readonly span: Span;
  /** The context of the call; absent if it has no span. */
  readonly within: Context | undefined;
  readonly startedAt: number;
}

interface FinishedMcpCall {
  readonly request: McpCallSpan;
  readonly startedAt: number;
  readonly ended: McpOutcome;
}

/** The spans of tool calls. A call that is denied, or that names no tool, has one too. */
export class ToolSpans {
  readonly #recorder: Recorder;
  readonly #agents: AgentSpans;
  readonly #open = new WeakMap<ToolCallSpan, OpenCall>();
  /** The attributes of the metrics of a tool, for the agent that called it last. */
  readonly #labels = new WeakMap<
    NonNullable<ToolCallSpan['tool']>,
    { readonly agent: InstrumentedAgent; readonly attributes: Attributes }
  >();

  constructor(recorder: Recorder, agents: AgentSpans) {
    this.#recorder = recorder;
    this.#agents = agents;
  }

  instrumentToolCall(call: ToolCallSpan, work: () => Promise<ToolCallResult>): Promise<ToolCallResult> {
    return this.#agents.shouldDescribeCalls(call.run) ? this.#describe(call, work) : work();
  }

  /** The conventions want no span of its own for a request to an MCP server in a tool call. */
  async instrumentMcpCall<Result>(request: McpCallSpan, work: () => Promise<Result>): Promise<Result> {
    const open = this.#open.get(request.call);
    if (open === undefined) return work();
    const startedAt = readTime();
    guard('the attributes of an MCP call', () => open.span.setAttributes(createMcpAttributes(request)));
    try {
      const result = await work();
      guard('an MCP call', () => this.#finishMcpCall(open, { request, startedAt, ended: findMcpError(result) }));
      return result;
    } catch (error) {
      guard('an MCP call', () => this.#finishMcpCall(open, { request, startedAt, ended: describeMcpRejection(error) }));
      throw error;
    }
  }

  #finishMcpCall(open: OpenCall, { request, startedAt, ended }: FinishedMcpCall): void {
    const { errorType, statusCode } = ended;
    open.mcpErrorType = errorType;
    if (statusCode !== undefined) open.span.setAttribute(ATTRIBUTE.rpcStatusCode, statusCode);
    const attributes = createMcpLabels(request);
    if (statusCode !== undefined) attributes[ATTRIBUTE.rpcStatusCode] = statusCode;
    this.#recorder.metrics()?.recordMcpCall(measureSeconds(startedAt), { attributes, errorType });
  }

  async #describe(call: ToolCallSpan, work: () => Promise<ToolCallResult>): Promise<ToolCallResult> {
    const open = guard('the span of a tool call', () => this.#begin(call));
    if (open === undefined) return work();
    try {
      const result = await runWithin(open.within, work);
      // A span of recorded work alone is not ended, so that it is never exported.
      if (!result.replayed) guard('the span of a tool call', () => this.#finish(open, result));
      return result;
    } catch (error) {
      guard('the span of a tool call', () => this.#end(open, { error, errorType: findModelErrorType(error) }));
      throw error;
    }
  }

  #begin(call: ToolCallSpan): OpenCall {
    const parent = this.#agents.enter(call.run, call.agent);
    const span = parent === undefined ? UNSAMPLED : this.#startSpan(call, parent);
    const within = parent && trace.setSpan(parent, span);
    const open = { call, span, within, startedAt: readTime(), mcpErrorType: undefined };
    this.#open.set(call, open);
    return open;
  }

  #startSpan(call: ToolCallSpan, parent: Context): Span {
    const { agent, tool } = call;
    const name = getCallName(call.call);
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
    return span;
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
    const failure = findToolErrorType(event);
    const errorType = failure === undefined ? undefined : (open.mcpErrorType ?? failure);
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
      const attributes = this.#getLabels(call);
      guard('the metrics of a tool call', () =>
        this.#recorder.metrics()?.recordTool(measureSeconds(startedAt), { attributes, errorType }),
      );
    }
    span.end();
  }

  #getLabels({ tool, agent }: ToolCallSpan): Attributes {
    if (tool === undefined) return createLabels('_OTHER', agent.name); // A model may make up any number of names.
    const before = this.#labels.get(tool);
    if (before?.agent === agent) return before.attributes;
    const attributes = createLabels(tool.name, agent.name);
    this.#labels.set(tool, { agent, attributes });
    return attributes;
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

function createLabels(tool: string, agent: string): Attributes {
  return { [ATTRIBUTE.toolName]: tool, [ATTRIBUTE.toolType]: 'function', [ATTRIBUTE.agentName]: agent };
}
