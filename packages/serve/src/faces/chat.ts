import { hasEnded } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { ChatEncoder, type ChatFrame } from '../protocol/chat/chat-encoder.ts';
import { buildCompletion, type CompletionOptions, listToolNames } from '../protocol/chat/completion.ts';
import { type ChatInput, readChatRequest } from '../protocol/chat/read-request.ts';
import { createJsonResponse } from '../protocol/json-response.ts';
import { findOutcomeProblem } from '../protocol/outcome-problem.ts';
import { createUnknownRunError } from '../protocol/problem.ts';
import { formatServerSentEvent, STREAM_HEADERS } from '../protocol/server-sent-events.ts';
import type { ServedAgent } from '../runs/agent-directory.ts';
import { answerByMessage } from '../runs/answer-by-message.ts';
import { readKeptRequest } from '../runs/caller-tools.ts';
import { continueBranch } from '../runs/continue-branch.ts';
import { findBranch } from '../runs/find-branch.ts';
import type { RunStart, StartedRun } from '../runs/run-start.ts';
import { identifyRequest, type RequestIdentity, startOnce } from '../runs/start-once.ts';
import { createUnknownModelError } from './models.ts';
import { openStream } from './open-stream.ts';
import { readTraceparent } from './read-traceparent.ts';
import { waitForAnswer, waitForOutcome } from './wait-for-outcome.ts';

/** Answers `POST /v1/chat/completions` and `GET /v1/chat/completions/{id}`. */
export async function handleChat(context: RequestContext): Promise<Response> {
  const id = context.segments[3];
  return id === undefined ? createCompletion(context) : readCompletion(context, id);
}

/** The run of a completion, and how the client gets it. */
interface ChatRun extends StartedRun {
  readonly served: ServedAgent;
  readonly input: Pick<ChatInput, 'includeUsage' | 'tools'>;
  readonly identity: RequestIdentity;
  /** When the request arrived, in seconds since 1970. */
  readonly created: number;
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
  const created = Math.floor(context.settings.clock.now() / 1_000);
  const { messages, isStreamed } = input;
  const identity = identifyRequest(request, { owner, text, isWhole: !isStreamed });
  const answered = await answerByMessage({
    registry,
    control,
    principal,
    agent: served.agent.name,
    messages,
    isStreamed,
  });
  if (answered !== undefined) return { ...answered, served, input, identity, created };
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
  const begin =
    conversation === undefined
      ? (fresh: RunStart) => registry.start(served, fresh)
      : (fresh: RunStart) => continueConversation(context, { conversation, served, start: fresh });
  const started = await startOnce(served, start, { registry, control, identity, begin });
  return { ...started, served, input, identity, created };
}

interface ConversationStart {
  readonly conversation: string;
  readonly served: ServedAgent;
  readonly start: RunStart;
}

/** Begins a run in a stored conversation, or sends the new messages to its open run. */
async function continueConversation(
  { runs: registry, control, principal }: RequestContext,
  { conversation, served, start }: ConversationStart,
): Promise<StartedRun> {
  const query = { registry, control, principal, conversation, messages: start.input };
  const { branch, added, open } = await findBranch(query);
  const next = { ...start, input: added, conversation, branch };
  const started = await continueBranch(registry, served, { start: next, open });
  return { ...started, ...(open?.runId === started.runId && { afterTurn: open.turn }) };
}

function describeCompletion(
  { settings }: RequestContext,
  { runId, served, input, afterTurn, created }: ChatRun,
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
  const { settings, request, agents } = context;
  const encoder = new ChatEncoder({
    ...describeCompletion(context, run),
    text: agents.hasTextGuard(run.served.agent.name) ? 'whole' : settings.text,
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
  const outcome = await waitForAnswer(context, run);
  const problem = findOutcomeProblem(outcome, run.identity.key !== undefined);
  if (problem !== undefined) throw problem;
  return createJsonResponse(buildCompletion(outcome, describeCompletion(context, run)));
}

/** Sends the completion of a run that has begun before: waits for it if it works. */
async function readCompletion(context: RequestContext, id: string): Promise<Response> {
  const { control, principal, settings } = context;
  const { record, status, outcome: ended } = await control.find(principal, id);
  const { tools, isStored } = readKeptRequest(record.metadata);
  if (!isStored) throw createUnknownRunError(id);
  context.setRun(id);
  const outcome = ended !== undefined && hasEnded(status) ? ended : await waitForOutcome(context, id);
  const problem = findOutcomeProblem(outcome, true);
  if (problem !== undefined) throw problem;
  const completion = buildCompletion(outcome, {
    id,
    model: record.agent,
    created: Math.floor(record.at / 1_000),
    callerTools: listToolNames(tools),
    reasoning: settings.reasoning,
  });
  return createJsonResponse(completion);
}
