import type { AgentOptions, JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { getAgentOptions, type RunProgress } from '@pawl/core/host';
import { isRecord } from '@pawl/core/model';
import type { RequestContext } from '../context.ts';
import type { AgUiEvent } from '../protocol/ag-ui/ag-ui-event.ts';
import { formatAgUiEvents, toAgUiError } from '../protocol/ag-ui/ag-ui-events.ts';
import { createAgUiState } from '../protocol/ag-ui/ag-ui-state.ts';
import { type AgUiChange, beginAgUiStream, encodeAgUiEvent, skipAgUiEvent } from '../protocol/ag-ui/encode-ag-ui.ts';
import { type AgUiRequest, readAgUiRequest } from '../protocol/ag-ui/read-ag-ui-request.ts';
import { listToolNames } from '../protocol/chat/completion.ts';
import { createInvalidError, HttpProblem } from '../protocol/problem.ts';
import { STREAM_HEADERS } from '../protocol/server-sent-events.ts';
import type { ServedAgent } from '../runs/agent-directory.ts';
import { readKeptRequest } from '../runs/caller-tools.ts';
import { continueBranch } from '../runs/continue-branch.ts';
import { findBranch } from '../runs/find-branch.ts';
import { findNewestBranch } from '../runs/find-newest-branch.ts';
import { findOpen } from '../runs/run-control.ts';
import type { ReadEvent } from '../runs/run-reader.ts';
import type { RunStart, StartedRun } from '../runs/run-start.ts';
import { identifyRequest, startOnce } from '../runs/start-once.ts';
import { answerThread, listOpenInterrupts } from './ag-ui-answers.ts';
import { readThread } from './ag-ui-thread.ts';
import { createUnknownModelError } from './models.ts';
import { openStream } from './open-stream.ts';
import { readTraceparent } from './read-traceparent.ts';
import { readThreadOrigin, writeThreadOrigin } from './thread-origin.ts';

/**
 * Answers `POST /ag-ui/{agent}`, AG-UI 1.0 over HTTP and server-sent events. What the request does:
 * 1. `resume`, or results of the client's own tools, answer the run that waits for them;
 * 2. a new message of the user starts a run, or goes to the thread's open run;
 * 3. otherwise the client reads the thread again: its messages, and the run that is open.
 *
 * The same `runId` sent again attaches to the same run.
 *
 * @throws HttpProblem
 */
export async function handleAgUi(context: RequestContext): Promise<Response> {
  checkAccept(context.request);
  const name = context.segments[1] ?? '';
  const served = context.agents.find(name);
  if (served === undefined) throw createUnknownModelError(name, 'agent');
  const { json } = await context.readBody();
  const { maxMessages, mediaUrls, callerTools, callerInstructions = 'ignore' } = context.settings;
  const sent = readAgUiRequest(json, { maxMessages, mediaUrls, callerTools, callerInstructions });
  try {
    return await runThread(context, served, sent);
  } catch (error) {
    // The protocol reports answers that do not fit as the end of a run. A principal that may not answer gets the HTTP error.
    if (!HttpProblem.isInstance(error) || error.status !== 422 || error.error.param !== 'resume') throw error;
    return new Response(formatAgUiEvents([toAgUiError(error)]), { headers: STREAM_HEADERS });
  }
}

/** @throws HttpProblem 406 */
function checkAccept({ headers }: Request): void {
  const accept = headers.get('accept');
  if (accept === null || /(^|[,\s])(text\/event-stream|text\/\*|\*\/\*)\s*(;|,|$)/i.test(accept)) return;
  throw new HttpProblem(
    `Accept is ${JSON.stringify(accept.slice(0, 200))}. This server sends text/event-stream only.`,
    {
      status: 406,
    },
  );
}

async function runThread(context: RequestContext, served: ServedAgent, sent: AgUiRequest): Promise<Response> {
  const answered = await answerThread(context, served.agent.name, sent);
  if (answered !== undefined) {
    const { run, known, isRepeated, ignored } = answered;
    // The process that got the answers first may have ended.
    if (isRepeated && run.status === 'interrupted') await context.runs.resume(run, { isStreamed: true });
    const shown = isRepeated ? findLastPosition(run) : known;
    return streamThread(
      context,
      { ...sent, ignored: [...sent.ignored, ...ignored] },
      { run, known: shown, usageAfter: known },
    );
  }
  // Without a store, only the id of the run can say that it has begun before.
  if (sent.hasNewMessage || context.settings.conversations === undefined) {
    const { runId, isAttached } = await beginRun(context, served, sent);
    if (!isAttached) return streamNewRun(context, sent, { runId, agent: served.agent.name });
    return attach(context, sent, { runId });
  }
  return readAgain(context, sent);
}

/** Streams the newest run of a thread to a client that has a part of it, or nothing: a page that is loaded again, a second tab. */
async function readAgain(context: RequestContext, sent: AgUiRequest): Promise<Response> {
  const { principal, runs: registry, control } = context;
  const found = await findNewestBranch({ registry, control, principal, conversation: sent.threadId });
  const [newest] = found?.runs ?? [];
  if (newest !== undefined) return attach(context, sent, { runId: newest.runId, usageAfter: Number.POSITIVE_INFINITY });
  const { threadId, runId } = sent;
  const events: readonly AgUiEvent[] = [
    { type: 'RUN_STARTED', threadId, runId, protocolVersion: '1.0' },
    { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'success' } },
  ];
  return new Response(formatAgUiEvents(events), { headers: STREAM_HEADERS });
}

async function beginRun(context: RequestContext, served: ServedAgent, sent: AgUiRequest): Promise<StartedRun> {
  const { request, principal, owner, runs: registry, control, settings } = context;
  const { threadId, runId, userMessages, tools } = sent;
  const text = JSON.stringify([threadId, runId, userMessages.map(({ message }) => message)]);
  const asked = identifyRequest(request, { owner, text, isWhole: false });
  const identity = { ...asked, key: asked.key ?? `ag-ui ${JSON.stringify([threadId, runId])}` };
  const start: RunStart = {
    principal,
    input: sent.history,
    callerTools: tools,
    isStreamed: true,
    face: writeThreadOrigin({ threadId, messageIds: userMessages.map(({ id }) => id) }),
    ...describeCaller(sent),
    ...readTraceparent(request),
  };
  const begin = async (fresh: RunStart): Promise<StartedRun> => {
    if (settings.conversations !== undefined) return continueThread(context, served, { sent, start: fresh });
    if (sent.hasNewMessage) return registry.start(served, { ...fresh, ...chooseState(context, served, { sent }) });
    const problem = 'The last message is not the user’s. This server stores no threads: send a message, or answers.';
    throw createInvalidError(problem, 'messages');
  };
  return startOnce(served, start, { registry, control, identity, begin });
}

/** What the client says besides messages is for the function `context` of the agent. */
function describeCaller({ context, forwardedProps }: AgUiRequest): Pick<RunStart, 'metadata'> {
  const hasProps = forwardedProps !== undefined && JSON.stringify(forwardedProps) !== '{}';
  if (context.length === 0 && !hasProps) return {};
  return {
    metadata: {
      ...(context.length > 0 && { context: context.map((each) => ({ ...each })) }),
      ...(hasProps && { forwardedProps }),
    },
  };
}

/** Begins a run in a stored thread, or sends the message to its open run. */
async function continueThread(
  context: RequestContext,
  served: ServedAgent,
  { sent, start }: { readonly sent: AgUiRequest; readonly start: RunStart },
): Promise<StartedRun> {
  const { runs: registry, control, principal } = context;
  const { threadId: conversation, userMessages } = sent;
  const asked = { registry, control, principal, conversation };
  const newest = await findNewestBranch(asked);
  const open = findOpen(newest?.runs ?? []);
  const last = userMessages.at(-1)?.id;
  // A client that lost the connection sends the message again, in a run of another id.
  if (open !== undefined && last !== undefined && readThreadOrigin(open).messageIds.includes(last)) {
    return { runId: open.runId, isAttached: true };
  }
  const { branch, added, open: target } = await findBranch({ ...asked, messages: sent.history });
  if (target !== undefined) await checkNoneWaits(context, target.runId);
  const fresh = userMessages.slice(-added.length);
  const next: RunStart = {
    ...start,
    input: fresh.map(({ message }) => message),
    conversation,
    branch,
    face: writeThreadOrigin({ threadId: conversation, messageIds: fresh.map(({ id }) => id) }),
    ...chooseState(context, served, { sent, last: newest?.runs[0]?.outcome?.state }),
  };
  return continueBranch(registry, served, { start: { ...next, conversation }, open: target });
}

/**
 * A message is no answer: calls that wait for a person go on waiting.
 *
 * @throws HttpProblem 422 if calls wait
 */
async function checkNoneWaits({ control, principal }: RequestContext, runId: string): Promise<void> {
  const run = await control.findWithEvents(principal, runId);
  if (run.status !== 'suspended' || listOpenInterrupts(run).length === 0) return;
  throw new HttpProblem('The thread has open interrupts. Send "resume" with an answer to each, or cancel them.', {
    status: 422,
    code: 'approval.missing',
    param: 'resume',
  });
}

/** The state of an agent that has one: that of the client, if it is shared, otherwise that of the last run of the thread. */
function chooseState(
  { settings }: RequestContext,
  { agent }: ServedAgent,
  { sent, last }: { readonly sent: AgUiRequest; readonly last?: JsonObject | undefined },
): Pick<RunStart, 'state'> {
  const { state: schema } = getAgentOptions<Pick<AgentOptions<never, unknown>, 'state'>>(agent);
  if (schema === undefined) return {};
  if (!settings.sharedState) return last === undefined ? {} : { state: last };
  return isRecord(sent.state) ? { state: sent.state as JsonObject } : {}; // It was parsed from JSON.
}

interface ThreadStream {
  readonly run: RunProgress;
  /** The position of the last event that is sent as a snapshot. */
  readonly known: number;
  readonly usageAfter: number;
}

/** Streams a run to a client that may have a part of it. */
async function attach(
  context: RequestContext,
  sent: AgUiRequest,
  { runId, usageAfter = 0 }: { readonly runId: string; readonly usageAfter?: number },
): Promise<Response> {
  const { control, principal, runs } = context;
  const run = await control.findWithEvents(principal, runId);
  if (run.status === 'interrupted') await runs.resume(run, { isStreamed: true });
  return streamThread(context, sent, { run, known: findLastPosition(run), usageAfter });
}

function findLastPosition({ events }: RunProgress): number {
  return events.at(-1)?.position ?? 0;
}

async function streamThread(
  context: RequestContext,
  sent: AgUiRequest,
  { run, known, usageAfter }: ThreadStream,
): Promise<Response> {
  const { runId, agent, metadata } = run.record;
  const thread = await readThread(context, sent, run);
  const frontendTools = [...listToolNames(readKeptRequest(metadata).tools)];
  return streamRun(context, sent, { runId, agent, known, usageAfter, frontendTools, ...thread });
}

function streamNewRun(
  context: RequestContext,
  sent: AgUiRequest,
  { runId, agent }: { readonly runId: string; readonly agent: string },
): Response {
  const { messages, tools } = sent;
  return streamRun(context, sent, { runId, agent, messages, frontendTools: [...listToolNames(tools)] });
}

interface RunStream extends Partial<Awaited<ReturnType<typeof readThread>>> {
  readonly runId: string;
  readonly agent: string;
  /** Absent for a run that begins. */
  readonly known?: number;
  readonly usageAfter?: number;
  readonly frontendTools: readonly string[];
}

function streamRun(
  context: RequestContext,
  { threadId, runId, parentRunId, protocolVersion, state: clientState, ignored }: AgUiRequest,
  { runId: pawlRunId, agent, known, ...thread }: RunStream,
): Response {
  const { settings, agents } = context;
  const { toolOutput, sharedState } = settings;
  return openStream(context, { runId: pawlRunId }, () => {
    const isLegacyClient = protocolVersion === undefined;
    const options = { ...thread, isLegacyClient, toolOutput, sharedState, state: clientState, threadId, runId };
    const text = agents.hasTextGuard(agent) ? 'whole' : 'live';
    let state = createAgUiState({ ...options, text, ...(parentRunId !== undefined && { parentRunId }) });
    const isKnown = ({ event: { position } }: ReadEvent): boolean => position !== undefined && position <= (known ?? 0);
    const encode = (read: ReadEvent): AgUiChange => {
      if (!isKnown(read)) return encodeAgUiEvent(state, read.event);
      const skipped = skipAgUiEvent(state, read.event);
      // The client gets the snapshot now: the next event may take long.
      return read.event.position === known ? beginAgUiStream(skipped, read.event) : { state: skipped, events: [] };
    };
    return {
      headers: STREAM_HEADERS,
      encode: (read) => {
        const wasStarted = state.isStarted;
        const { state: next, events } = encode(read);
        state = next;
        return formatAgUiEvents(wasStarted || !state.isStarted ? events : addIgnored(events, ignored));
      },
      fail: (error) => formatAgUiEvents([toAgUiError(error)]),
    };
  });
}

/** Says what of the request this server leaves out, right after the start. */
function addIgnored([start, ...events]: readonly AgUiEvent[], ignored: readonly string[]): readonly AgUiEvent[] {
  if (start === undefined || ignored.length === 0) return start === undefined ? [] : [start, ...events];
  const value: Json = { places: [...ignored] };
  return [start, { type: 'CUSTOM', name: 'pawl.ignored', value }, ...events];
}
