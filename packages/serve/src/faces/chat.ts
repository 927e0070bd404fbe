import type { RequestContext } from '../context.ts';
import { ChatEncoder, type ChatFrame } from '../protocol/chat/chat-encoder.ts';
import { buildCompletion, type CompletionOptions, listToolNames } from '../protocol/chat/completion.ts';
import { type ChatInput, readChatRequest } from '../protocol/chat/read-request.ts';
import { findOutcomeProblem } from '../protocol/outcome-problem.ts';
import { createUnknownRunError } from '../protocol/problem.ts';
import { formatServerSentEvent, STREAM_HEADERS } from '../protocol/server-sent-events.ts';
import type { ServedAgent } from '../runs/agent-directory.ts';
import { answerByMessage } from '../runs/answer-by-message.ts';
import { readKeptRequest } from '../runs/caller-tools.ts';
import { type Branch, findBranch } from '../runs/find-branch.ts';
import type { RunStart, StartedRun } from '../runs/run-registry.ts';
import { identifyRequest, type RequestIdentity, startOnce } from '../runs/start-once.ts';
import { createUnknownModelError } from './models.ts';
import { openStream } from './open-stream.ts';
import { readTraceparent } from './read-traceparent.ts';
import { waitForOutcome } from './wait-for-outcome.ts';

/** Answers `POST /v1/chat/completions` and `GET /v1/chat/completions/{id}`. */
export async function handleChat(context: RequestContext): Promise<Response> {
  const id = context.segments[3];
  return id === undefined ? createCompletion(context) : readCompletion(context, id);
}

/** The run of a completion, and how the client gets it. */
interface ChatRun {
  readonly runId: string;
  readonly served: ServedAgent;
  readonly input: Pick<ChatInput, 'includeUsage' | 'tools'>;
  /** The turns that the client has. */
  readonly afterTurn?: number;
  readonly isKeyed: boolean;
}

async function createCompletion(context: RequestContext): Promise<Response> {
  const { agents, readBody, settings } = context;
  const { json, text } = await readBody();
  const { maxMessages, mediaUrls, callerTools, allowedModelSettings, callerInstructions = 'append' } = settings;
  const rules = { maxMessages, mediaUrls, callerTools, allowedModelSettings, callerInstructions };
  const input = readChatRequest(json, rules);
  const served = agents.find(input.model);
  if (served === undefined) throw createUnknownModelError(input.model);
  const run = await beginRun(context, { served, input, text });
  context.setRun(run.runId);
  return input.isStreamed ? streamCompletion(context, run) : sendCompletion(context, run);
}

interface ChatStart {
  readonly served: ServedAgent;
  readonly input: ChatInput;
  readonly text: string;
}

async function beginRun(context: RequestContext, { served, input, text }: ChatStart): Promise<ChatRun> {
  const { request, principal, owner, runs: registry, control } = context;
  const { messages, isStreamed } = input;
  const identity = identifyRequest(request, { owner, text });
  const isKeyed = identity.key !== undefined;
  const answered = await answerByMessage({
    registry,
    control,
    principal,
    agent: served.agent.name,
    messages,
    isStreamed,
  });
  if (answered !== undefined) return { ...answered, served, input, isKeyed };
  const start = {
    principal,
    input: messages,
    metadata: input.metadata,
    callerTools: input.tools,
    modelSettings: input.modelSettings,
    isStored: input.isStored,
    isStreamed,
    ...readTraceparent(request),
  };
  const conversation = context.settings.conversation(request);
  if (conversation !== undefined) {
    return {
      ...(await continueConversation(context, { conversation, served, start, identity })),
      served,
      input,
      isKeyed,
    };
  }
  const { runId } = await startOnce(served, start, { registry, control, identity });
  return { runId, served, input, isKeyed };
}

interface ConversationStart {
  readonly conversation: string;
  readonly served: ServedAgent;
  readonly start: RunStart;
  readonly identity: RequestIdentity;
}

/** Begins a run in a stored conversation, or sends the message to its open run. */
async function continueConversation(
  { runs: registry, control, principal }: RequestContext,
  { conversation, served, start, identity }: ConversationStart,
): Promise<{ readonly runId: string; readonly afterTurn?: number }> {
  let open: Branch['open'];
  const begin = async (fresh: RunStart): Promise<StartedRun> => {
    const found = await findBranch({ registry, control, principal, conversation, messages: start.input });
    ({ open } = found);
    const { branch, added } = found;
    const [message, ...more] = added;
    if (message === undefined || more.length > 0)
      return registry.start(served, { ...fresh, input: added, conversation, branch });
    return registry.continueConversation(served, { ...fresh, message, conversation, branch });
  };
  const { runId } = await startOnce(served, start, { registry, control, identity, begin });
  return { runId, ...(open?.runId === runId && { afterTurn: open.turn }) };
}

function describeCompletion(
  { settings }: RequestContext,
  { runId, served, input, afterTurn }: ChatRun,
  created: number,
): CompletionOptions {
  return {
    id: runId,
    model: served.agent.name,
    created,
    callerTools: listToolNames(input.tools),
    reasoning: settings.reasoning,
    ...(afterTurn !== undefined && { afterTurn }),
  };
}

function streamCompletion(context: RequestContext, run: ChatRun): Response {
  const { settings, request } = context;
  const created = Math.floor(settings.clock.now() / 1_000);
  const encoder = new ChatEncoder({
    ...describeCompletion(context, run, created),
    // A guard may withdraw a text until its turn is complete.
    text: run.served.agent.hasTextGuard ? 'whole' : settings.text,
    includeUsage: run.input.includeUsage,
    includeEvents: request.headers.get('pawl-events') === '1',
  });
  return openStream(context, { runId: run.runId }, () => ({
    encode: ({ event }) => formatFrames(encoder.encode(event)),
    end: () => `${formatFrames(encoder.close())}${DONE}`,
    fail: (error) => `${formatFrames(encoder.fail(error))}${DONE}`,
    headers: STREAM_HEADERS,
  }));
}

const DONE = formatServerSentEvent({ data: '[DONE]' });

function formatFrames(frames: readonly ChatFrame[]): string {
  let text = '';
  for (const frame of frames) text += formatServerSentEvent({ data: JSON.stringify(frame) });
  return text;
}

async function sendCompletion(context: RequestContext, run: ChatRun): Promise<Response> {
  const outcome = await waitForOutcome(context, run.runId);
  const problem = findOutcomeProblem(outcome, run.isKeyed);
  if (problem !== undefined) throw problem;
  const created = Math.floor(context.settings.clock.now() / 1_000);
  return Response.json(buildCompletion(outcome, describeCompletion(context, run, created)));
}

/** Sends the completion of a run that has begun before: waits for it if it works. */
async function readCompletion(context: RequestContext, id: string): Promise<Response> {
  const { control, principal, settings } = context;
  const { record } = await control.find(principal, id);
  const { tools, isStored } = readKeptRequest(record.metadata);
  if (!isStored) throw createUnknownRunError(id);
  context.setRun(id);
  const outcome = await waitForOutcome(context, id);
  const problem = findOutcomeProblem(outcome, true);
  if (problem !== undefined) throw problem;
  const completion = buildCompletion(outcome, {
    id,
    model: record.agent,
    created: Math.floor(record.at / 1_000),
    callerTools: listToolNames(tools),
    reasoning: settings.reasoning,
  });
  return Response.json(completion);
}
