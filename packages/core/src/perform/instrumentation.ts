import { ConfigError } from '../base/errors.ts';
import { describeType, describeValue } from '../base/options.ts';
import type { ToolCall } from '../chat/message.ts';
import type { ChatRequest, ChatSettings } from '../chat/request.ts';
import type { ChatResponse, Delta } from '../chat/response.ts';
import type {
  ApprovalRequestedEvent,
  JournalEvent,
  ToolCallClosedEvent,
  ToolSuspendedEvent,
} from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Usage } from '../event/usage.ts';
import type { RecordedTrace, RunRecord } from '../host/host.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Tool } from '../tool/tool.ts';
import { type HookGuard, runHook } from './run-hook.ts';

/**
 * Wraps the work of runs, for tracing. Each method is optional. `@pawl/otel` implements it for OpenTelemetry.
 *
 * Contract, for every method that gets `work`:
 * - Calls `work` exactly once, at once or after an await, and resolves or rejects as it does.
 * - Is called for work that happens now. A recorded step of a resumed run is not wrapped.
 * - Settles with it. What a hook does wrong (it throws, does not call `work`, or does not settle within 5 seconds) is reported once an attempt as
 *   `listener.failed`, and changes nothing: what is wrapped ends as `work` does.
 */
export interface Instrumentation {
  /** Wraps one attempt at a run, or at the run inside a call of an agent. */
  instrumentRun?(span: RunSpan, work: () => Promise<RunResult>): Promise<RunResult>;
  /**
   * Whether the hooks of model calls, attempts and tool calls are called for that run. Asked inside `instrumentRun`, for each call: a run that
   * no trace samples then costs no more than one without instrumentation. Runs inside it are asked about by themselves.
   *
   * @defaultValue they are called
   */
  shouldInstrumentCalls?(run: RunSpan): boolean;
  /** Wraps a model call with its middleware and all its attempts. */
  instrumentModelCall?(span: ModelCallSpan, work: () => Promise<ModelCallResult>): Promise<ModelCallResult>;
  /** Wraps one request to a model. */
  instrumentAttempt?(span: AttemptSpan, work: () => Promise<ChatResponse>): Promise<ChatResponse>;
  /** Wraps a tool call with its middleware. */
  instrumentToolCall?(span: ToolCallSpan, work: () => Promise<ToolCallResult>): Promise<ToolCallResult>;
  /** Wraps a request to an MCP server that a tool makes in its call. What it says belongs to the call: there is no span of its own. */
  instrumentMcpCall?<Result>(span: McpCallSpan, work: () => Promise<Result>): Promise<Result>;
  /** Returns the W3C trace context header of the span that is active. Called inside `work`; models and tools pass it on. */
  traceparent?(): string | undefined;
  /** Returns the W3C `tracestate` header that belongs to it, if the span has one. */
  tracestate?(): string | undefined;
}

/** An agent as its spans describe it. */
export interface InstrumentedAgent {
  readonly name: string;
  readonly description?: string;
  /** Its model, then those that `prepareTurn` may choose. Empty for a flow. */
  readonly models: readonly ChatModel[];
}

export interface RunSpan {
  readonly runId: string;
  /** The position in a tree of runs; `''` for the run itself. */
  readonly path: string;
  /** The agent that the run begins with. */
  readonly agent: InstrumentedAgent;
  /** The request fields of the agent and of the run. */
  readonly modelSettings: ChatSettings;
  /** The record of the run itself, also for a run inside it. */
  readonly record: RunRecord;
  /** Whether an earlier attempt began the run. */
  readonly isResumed: boolean;
  /** Identifies the attempt: the run's id and the number of the attempt. */
  readonly attemptId: string;
  /** The option `traceparent` of the run. */
  readonly traceparent?: string;
  /** The option `tracestate` of the run. */
  readonly tracestate?: string;
  /** How long the run was suspended before this attempt, in milliseconds. Absent if it was not, or the host does not know. */
  readonly suspendedMs?: number;
}

export type RunResult =
  | { readonly outcome: Outcome<unknown>; readonly replayed: false }
  /** Nothing happened: the run is worked on or has ended elsewhere, or everything inside is recorded. */
  | { readonly replayed: true };

export interface ModelCallSpan {
  readonly run: RunSpan;
  /** Counted from 1. */
  readonly turn: number;
  /** The agent that speaks. */
  readonly agent: InstrumentedAgent;
  readonly model: ChatModel;
  readonly request: ChatRequest;
  /**
   * - `turn`: the request of a turn.
   * - `middleware`: a request that middleware makes by `scope.callModel`.
   * - `lost`: a request that a crash interrupted. Nothing is sent; its estimated usage is recorded.
   */
  readonly origin: 'turn' | 'middleware' | 'lost';
  /** Whether something else took the place of earlier messages of the conversation. */
  readonly isCompacted: boolean;
  /** Whether the first message of the request is the agent's instructions, which are no part of the conversation. */
  readonly hasInstructions: boolean;
  /** Returns what all attempts of the call used so far. Estimates are included, as the run is charged. */
  getUsage(): Usage;
}

export interface ModelCallResult {
  /** What the journal records. Absent for a request of middleware. */
  readonly event?: JournalEvent;
  /** Absent if the call failed. */
  readonly response?: ChatResponse;
  /** The model that responded: that of the call, or one of its fallbacks. */
  readonly model?: ChatModel;
}

export interface AttemptSpan {
  readonly call: ModelCallSpan;
  readonly model: ChatModel;
  readonly request: ChatRequest;
  /** Counted from 1 within the step; requests of middleware count too. */
  readonly attempt: number;
  /** Calls the listener with each piece of the response as it arrives. */
  onDelta(listener: (delta: Delta) => void): void;
  /** After `work` has rejected: when the next attempt at the same model starts, in milliseconds. `undefined` if there is none. */
  retryInMs(): number | undefined;
}

export interface ToolCallSpan {
  readonly run: RunSpan;
  /** Counted from 1. */
  readonly turn: number;
  /** The position among the calls of the turn, from 0. */
  readonly index: number;
  /** The agent that speaks. */
  readonly agent: InstrumentedAgent;
  readonly call: ToolCall;
  /** Absent if the agent has no tool of that name. */
  readonly tool?: Tool<never>;
  /**
   * - `run`: the call runs for the first time.
   * - `resumed`: the call runs again, after its suspension or after a person let it.
   * - `unknown_outcome`: a crash interrupted the call, and what came of it is found out.
   * - `closed`: nothing runs: the call was denied, expired, answered from outside, or exceeded a limit.
   */
  readonly kind: 'run' | 'resumed' | 'unknown_outcome' | 'closed';
}

export interface ToolCallResult {
  readonly event: ToolCallClosedEvent | ApprovalRequestedEvent | ToolSuspendedEvent;
  /** Whether the call, an agent, had its result from an earlier attempt: nothing happened. */
  readonly replayed: boolean;
}

/** A request to an MCP server. The fields are those of the protocol. */
export interface McpCall {
  /** `tools/call`, `resources/read` */
  readonly method: string;
  /** The name that the server gave the tool. */
  readonly toolName?: string;
  readonly promptName?: string;
  readonly resourceUri?: string;
  /** The revision of the protocol: `2025-11-25`. */
  readonly protocolVersion?: string;
  readonly sessionId?: string;
  /** The id of the JSON-RPC request. */
  readonly requestId?: string | number;
  /** `pipe` for stdio, `tcp` or `quic` for HTTP. */
  readonly transport?: 'pipe' | 'tcp' | 'quic';
  /** The hostname of the server, for HTTP. */
  readonly address?: string;
  readonly port?: number;
}

export interface McpCallSpan extends McpCall {
  readonly call: ToolCallSpan;
}

/** The instrumentation of a run at work. */
export interface InstrumentedRun {
  readonly instrumentation: Instrumentation;
  readonly span: RunSpan;
  readonly guard: HookGuard;
}

/** The parts of a scope that spans are about. */
interface InstrumentedScope {
  readonly instrumented: InstrumentedRun | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly definition: { readonly identity: InstrumentedAgent };
}

/**
 * Makes an attempt at a run inside its hook. `undefined` as its outcome means that the run exists and nothing was done.
 *
 * @param hasWorked - whether anything happened that was not recorded. @defaultValue always
 */
export async function instrumentRun<End extends Outcome<unknown>>(
  { instrumentation, span, guard }: InstrumentedRun,
  work: () => Promise<End | undefined>,
  hasWorked: () => boolean = () => true,
): Promise<End | undefined> {
  if (instrumentation.instrumentRun === undefined) return work();
  let outcome: End | undefined;
  const runWork = async (): Promise<RunResult> => {
    outcome = await work();
    return outcome === undefined || !hasWorked() ? { replayed: true } : { outcome, replayed: false };
  };
  const call: Call<RunResult> = async (inner) => instrumentation.instrumentRun?.(span, inner);
  await runHook({ name: 'instrumentRun', guard, call }, runWork);
  return outcome;
}

/** `undefined` if the calls of the run are not wrapped. */
function findCallHooks({ instrumentation, span, guard }: InstrumentedRun): Instrumentation | undefined {
  try {
    return shouldInstrumentCalls(instrumentation, span) ? instrumentation : undefined;
  } catch (error) {
    guard.report('shouldInstrumentCalls', error);
    return instrumentation;
  }
}

function shouldInstrumentCalls(instrumentation: Instrumentation, run: RunSpan): boolean {
  return instrumentation.shouldInstrumentCalls?.(run) ?? true;
}

/** Calls a hook with the work that it wraps. */
type Call<Result> = (work: () => Promise<Result>) => Promise<unknown>;

type ModelCallFields = Omit<ModelCallSpan, 'run' | 'agent'>;

/** Creates the span of a model call; `undefined` if nothing instruments it. */
export function createModelCallSpan(
  { instrumented, definition }: InstrumentedScope,
  createFields: () => ModelCallFields,
): ModelCallSpan | undefined {
  const hooks = instrumented && findCallHooks(instrumented);
  if (instrumented === undefined || hooks === undefined) return undefined;
  if (hooks.instrumentModelCall === undefined && hooks.instrumentAttempt === undefined) return undefined;
  const { turn, model, request, origin, isCompacted, hasInstructions, getUsage } = createFields();
  const run = instrumented.span;
  const agent = definition.identity;
  return { run, turn, agent, model, request, origin, isCompacted, hasInstructions, getUsage }; // A spread takes longer.
}

/** Makes a model call inside its hook. Resolves what `work` resolves. */
export function instrumentModelCall<Result extends ModelCallResult>(
  { instrumented }: InstrumentedScope,
  span: ModelCallSpan,
  work: () => Promise<Result>,
): Promise<Result> {
  if (instrumented?.instrumentation.instrumentModelCall === undefined) return work();
  const { instrumentation, guard } = instrumented;
  const call: Call<Result> = async (inner) => instrumentation.instrumentModelCall?.(span, inner);
  return runHook({ name: 'instrumentModelCall', guard, call }, work);
}

/** Makes a request inside its hook. */
export function instrumentAttempt(
  { instrumentation, guard }: InstrumentedRun,
  span: AttemptSpan,
  work: () => Promise<ChatResponse>,
): Promise<ChatResponse> {
  const call: Call<ChatResponse> = async (inner) => instrumentation.instrumentAttempt?.(span, inner);
  return runHook({ name: 'instrumentAttempt', guard, call }, work);
}

type ToolCallFields = Omit<ToolCallSpan, 'run' | 'agent'>;

/** Makes a tool call inside its hook, if there is one. */
export function instrumentToolCall<Event extends JournalEvent>(
  { instrumented, definition }: InstrumentedScope,
  createFields: () => ToolCallFields,
  work: (onReplayed: () => void, span: ToolCallSpan | undefined) => Promise<Event>,
): Promise<Event> {
  const hooks = instrumented && findCallHooks(instrumented);
  const { instrumentToolCall: wrap, instrumentMcpCall } = hooks ?? {};
  if (instrumented === undefined || (wrap ?? instrumentMcpCall) === undefined) return work(() => undefined, undefined);
  const span: ToolCallSpan = { run: instrumented.span, agent: definition.identity, ...createFields() };
  if (wrap === undefined) return work(() => undefined, span);
  let replayed = false;
  const callTool = async (): Promise<ToolCallResult> => {
    const event = await work(() => {
      replayed = true;
    }, span);
    return { event: event as ToolCallResult['event'] & Event, replayed }; // A call ends with no other event.
  };
  const call: Call<ToolCallResult> = async (inner) => wrap.call(hooks, span, inner);
  return runHook({ name: 'instrumentToolCall', guard: instrumented.guard, call }, callTool).then(
    ({ event }) => event as Event & ToolCallResult['event'],
  );
}

/** Returns the header for models and tools: that of the active span, or that of the run. */
export function getTraceparent({ instrumented, traceparent }: InstrumentedScope): string | undefined {
  return readHeader(instrumented, 'traceparent') ?? traceparent;
}

/** Returns the header that belongs to `getTraceparent`. */
export function getTracestate({ instrumented, tracestate }: InstrumentedScope): string | undefined {
  const active = readHeader(instrumented, 'tracestate');
  if (active !== undefined || tracestate === undefined) return active;
  return readHeader(instrumented, 'traceparent') === undefined ? tracestate : undefined;
}

/** A text that is no header would fail the request that sends it. */
function readHeader(instrumented: InstrumentedRun | undefined, name: 'traceparent' | 'tracestate'): string | undefined {
  if (instrumented?.instrumentation[name] === undefined) return undefined;
  const { instrumentation, guard } = instrumented;
  try {
    const header: unknown = instrumentation[name]?.();
    if (header === undefined || (typeof header === 'string' && HEADER.test(header))) return header;
    throw new TypeError(`instrumentation.${name} returned ${describeValue(header)}, which is no header.`);
  } catch (error) {
    guard.report(name, error);
    return undefined;
  }
}

const HEADER = /^[\x20-\x7e]+$/;

/** What later attempts refer to. Called inside the span of the first one. */
export function createRecordedTrace(instrumented: InstrumentedRun): RecordedTrace | undefined {
  const traceparent = readHeader(instrumented, 'traceparent');
  if (traceparent === undefined) return undefined;
  const tracestate = readHeader(instrumented, 'tracestate');
  return tracestate === undefined ? { traceparent, origin: 'start' } : { traceparent, tracestate, origin: 'start' };
}

/** Wraps the second instrumentation in the first. */
export function combineInstrumentations(
  outer: Instrumentation | undefined,
  inner: Instrumentation | undefined,
): Instrumentation | undefined {
  if (outer === undefined || inner === undefined || outer === inner) return outer ?? inner;
  return {
    instrumentRun: wrap(outer.instrumentRun?.bind(outer), inner.instrumentRun?.bind(inner)),
    shouldInstrumentCalls: (run) => shouldInstrumentCalls(outer, run) || shouldInstrumentCalls(inner, run),
    instrumentModelCall: wrap(outer.instrumentModelCall?.bind(outer), inner.instrumentModelCall?.bind(inner)),
    instrumentAttempt: wrap(outer.instrumentAttempt?.bind(outer), inner.instrumentAttempt?.bind(inner)),
    instrumentToolCall: wrap(outer.instrumentToolCall?.bind(outer), inner.instrumentToolCall?.bind(inner)),
    instrumentMcpCall: (span, work) => {
      const runInner = (): ReturnType<typeof work> => inner.instrumentMcpCall?.(span, work) ?? work();
      return outer.instrumentMcpCall?.(span, runInner) ?? runInner();
    },
    traceparent: () => inner.traceparent?.() ?? outer.traceparent?.(),
    tracestate: () => (inner.traceparent?.() === undefined ? outer : inner).tracestate?.(),
  };
}

type Hook<Span, Result> = (span: Span, work: () => Promise<Result>) => Promise<Result>;

function wrap<Span, Result>(
  outer: Hook<Span, Result> | undefined,
  inner: Hook<Span, Result> | undefined,
): Hook<Span, Result> {
  const runInner: Hook<Span, Result> = inner ?? ((_, work) => work());
  return outer === undefined ? runInner : (span, work) => outer(span, () => runInner(span, work));
}

const HOOKS: Readonly<Record<keyof Instrumentation, true>> = {
  instrumentRun: true,
  shouldInstrumentCalls: true,
  instrumentModelCall: true,
  instrumentAttempt: true,
  instrumentToolCall: true,
  instrumentMcpCall: true,
  traceparent: true,
  tracestate: true,
};

/** @throws ConfigError for an object that instruments nothing, and for a method that is not a function. */
export function checkInstrumentation(given: unknown, where: string): void {
  if (given === undefined) return;
  const isObject = typeof given === 'object' && given !== null;
  const hooks = isObject ? Object.keys(HOOKS).filter((name) => Reflect.get(given, name) !== undefined) : [];
  if (!isObject || hooks.length === 0) {
    throw new ConfigError(
      `${where}: instrumentation is ${describeType(given)} without ${Object.keys(HOOKS).join(', ')}. Pass telemetry() of @pawl/otel, or an object with any of these methods.`,
    );
  }
  for (const name of hooks) {
    const hook: unknown = Reflect.get(given, name);
    if (typeof hook === 'function') continue;
    throw new ConfigError(`${where}: instrumentation.${name} is ${describeType(hook)}. Pass a function.`);
  }
}
