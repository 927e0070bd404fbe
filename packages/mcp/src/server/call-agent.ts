import { createHash, randomUUID } from 'node:crypto';
import {
  ApprovalError,
  type Host,
  HostError,
  type Outcome,
  type PendingCall,
  type Run,
  type RunEvent,
  type SuspendedOutcome,
} from '@pawl/core';
import type { AuthInfo, CallToolResult, InputRequiredResult, RequestStateCodec, ServerContext } from '../server-sdk.ts';
import { inputRequired } from '../server-sdk.ts';
import type { AgentServerOptions } from './options.ts';
import { createQuestions, readAnswer } from './questions.ts';
import type { AgentTool } from './served-agent.ts';

/** What a client keeps of a suspended run, signed. */
export interface SuspendedRun {
  readonly runId: string;
  readonly agent: string;
  /** The calls that the client was asked about, with their fingerprints. */
  readonly pending: readonly (readonly [id: string, fingerprint: string])[];
}

export interface CallScope {
  readonly tool: AgentTool;
  readonly host: Host;
  /** Whether a disconnect of the client aborts its run: the host ends with this process. */
  readonly isBoundToClient: boolean;
  readonly codec: RequestStateCodec<SuspendedRun>;
  readonly options: AgentServerOptions;
  /** Makes a task of the run, for a client that knows tasks. */
  readonly createTask?: (run: Run<unknown>) => Promise<CallToolResult>;
}

type CallInput = Readonly<Record<string, unknown>>;

/** Runs an agent for a call of a client, or goes on with a run whose questions the client has answered. */
export async function callAgent(
  input: CallInput,
  context: ServerContext,
  scope: CallScope,
): Promise<CallToolResult | InputRequiredResult> {
  try {
    const suspended = context.mcpReq.requestState<SuspendedRun>();
    if (suspended !== undefined && suspended.agent !== scope.tool.name) {
      return createError('The answer belongs to a call of another tool.');
    }
    if (suspended !== undefined) await answerSuspended(suspended, context, scope);
    // A run is a thenable: an async function must not return it.
    const run = suspended === undefined ? startRun(input, context, scope) : resumeRun(suspended.runId, context, scope);
    if (scope.createTask !== undefined) return await scope.createTask(run);
    const outcome = await follow(run, context);
    if (outcome.status === 'suspended') return await askClient(outcome.runId, outcome.pending, { context, scope });
    return createOutcomeResult(outcome, scope.tool);
  } catch (error) {
    if (!HostError.isInstance(error) && !ApprovalError.isInstance(error)) throw error;
    // The client can act on these: a key of another call, an answer that came too late.
    return createError(error.message);
  }
}

function startRun(input: CallInput, { mcpReq, http }: ServerContext, scope: CallScope): Run<unknown> {
  const { tool, host, isBoundToClient, options } = scope;
  const authInfo = http?.authInfo;
  const owner = getOwner(authInfo);
  const { idempotencyKey, traceparent } = Object(mcpReq._meta);
  const hasKey = typeof idempotencyKey === 'string' && idempotencyKey !== '';
  const messages = tool.prompt(input);
  return tool.agent.run(messages, {
    host,
    // The same key of another owner is another run.
    runId: hasKey ? createRunId([owner ?? '', tool.name, idempotencyKey]) : randomUUID(),
    onExistingRun: 'attach',
    ...(owner !== undefined && { owner }),
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(isBoundToClient && { signal: mcpReq.signal }),
    context: options.context?.(authInfo),
  });
}

/** The issuer and the subject of a caller, or the client that it uses. */
export function getOwner(authInfo: AuthInfo | undefined): string | undefined {
  if (authInfo === undefined) return undefined;
  const { iss = null, sub = authInfo.clientId } = authInfo.extra ?? {};
  return JSON.stringify([iss, sub]);
}

function createRunId(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Answers the calls that the client was asked about. */
async function answerSuspended(
  { runId, pending: asked }: SuspendedRun,
  context: ServerContext,
  scope: CallScope,
): Promise<void> {
  const { outcome } = await scope.host.getRun(runId);
  const pending = outcome?.status === 'suspended' ? outcome.pending : [];
  // A call that was answered meanwhile, or by an earlier attempt at this request, is not answered again.
  const open = pending.filter((call) =>
    asked.some(([id, fingerprint]) => call.id === id && call.fingerprint === fingerprint),
  );
  await answerCalls({ runId, pending: open, responses: context.mcpReq.inputResponses ?? {} }, context, scope);
}

interface AnsweredCalls {
  readonly runId: string;
  readonly pending: readonly PendingCall[];
  readonly responses: Readonly<Record<string, unknown>>;
}

/** Answers the calls that have a response, if the caller may. Resolves their number. */
export async function answerCalls(
  { runId, pending, responses }: AnsweredCalls,
  { http }: ServerContext,
  { host, options }: CallScope,
): Promise<number> {
  const authInfo = http?.authInfo;
  const by = getOwner(authInfo);
  let count = 0;
  for (const call of pending) {
    const answer = readAnswer(call, responses);
    if (answer === undefined || (await options.mayAnswer?.({ authInfo, pending: call })) === false) continue;
    await host.answer(runId, call.id, answer, by === undefined ? {} : { by });
    count += 1;
  }
  return count;
}

export function resumeRun(runId: string, { mcpReq, http }: ServerContext, scope: CallScope): Run<unknown> {
  const { tool, host, options, isBoundToClient } = scope;
  return tool.agent.resume(runId, {
    host,
    ...(isBoundToClient && { signal: mcpReq.signal }),
    context: options.context?.(http?.authInfo),
  });
}

/** Waits for the outcome, and reports turns and calls as progress if the client asked for it. */
async function follow(run: Run<unknown>, { mcpReq }: ServerContext): Promise<Outcome<unknown>> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return run.outcome();
  let progress = 0;
  for await (const event of run) {
    const message = describeProgress(event);
    if (message === undefined) continue;
    progress += 1;
    const notification = { method: 'notifications/progress', params: { progressToken, progress, message } };
    // A client that is gone does not end the run.
    await mcpReq.notify(notification).catch(() => {});
  }
  return run.outcome();
}

function describeProgress(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'model.responded':
      return `turn ${event.turn}`;
    case 'tool.started':
      return `calls ${event.toolName}`;
    default:
      return undefined;
  }
}

/** Turns an outcome to the result of the tool. */
export function createOutcomeResult(
  outcome: Exclude<Outcome<unknown>, SuspendedOutcome>,
  tool: AgentTool,
): CallToolResult {
  switch (outcome.status) {
    case 'completed':
      return { ...createOutput(outcome.output, outcome.text, tool), _meta: { 'pawl.dev/runId': outcome.runId } };
    case 'failed':
      return createError(`The agent failed: ${outcome.error.message}`);
    case 'aborted':
      return createError(`The run was aborted: ${outcome.reason}`);
    case 'refused':
      return createError(`The agent refused: ${outcome.refusal}`);
    case 'limited':
      return createError(`The run reached its limit "${outcome.limit}" of ${outcome.max}.`);
    case 'truncated':
    case 'filtered':
      return createError(`The response of the model was ${outcome.status}. ${outcome.text}`.trim());
  }
}

function createOutput(output: unknown, text: string, { output: schema }: AgentTool): CallToolResult {
  if (schema === undefined || typeof output !== 'object' || output === null)
    return { content: [{ type: 'text', text }] };
  // Clients that do not know structured results read the text.
  const content = [{ type: 'text' as const, text: JSON.stringify(output) }];
  return { content, structuredContent: output as Record<string, unknown> }; // An object, checked above.
}

function createError(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

async function askClient(
  runId: string,
  pending: readonly PendingCall[],
  { context, scope }: { readonly context: ServerContext; readonly scope: CallScope },
): Promise<InputRequiredResult> {
  const state: SuspendedRun = {
    runId,
    agent: scope.tool.name,
    pending: pending.map(({ id, fingerprint }) => [id, fingerprint]),
  };
  return inputRequired({
    inputRequests: Object.fromEntries(pending.flatMap(createQuestions)),
    requestState: await scope.codec.mint(state, context),
  });
}
