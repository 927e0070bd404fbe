import {
  Agent,
  type AgentOptions,
  type Host,
  type Input,
  type JsonObject,
  type Outcome,
  openai,
  type Run,
  type RunEvent,
  type RunOptions,
  type Usage,
} from '@pawl/core';
import type {
  AssistantMessage,
  ChatRequest,
  FunctionToolCall,
  Json,
  Message,
  ToolMessage,
  UserMessage,
} from '@pawl/core/chat';
import type { OutcomeBase, Repair } from '@pawl/core/events';
import {
  checkHistory,
  type ManualClock,
  manualClock,
  offlineServer,
  respond,
  type ScriptedResponse,
  type ScriptFunction,
} from '@pawl/testing';
import { expect } from 'vitest';
import { waitForDeadlines } from '../quiet.ts';
import { sumUsage } from '../sum-usage.ts';

export type Script = readonly (ScriptedResponse | ScriptFunction<ScriptedResponse>)[];

export interface PlayOptions {
  /** @defaultValue 'Go.' */
  readonly input?: Input;
  readonly agent?: Omit<AgentOptions<unknown, string>, 'model'>;
  readonly run?: Omit<RunOptions, 'runId'>;
  /** Resumes the run of this host instead of starting one. */
  readonly resume?: Host;
  readonly listen?: (run: Run, stage: { readonly clock: ManualClock }) => void;
  readonly clock?: ManualClock;
}

export interface PlayedRun {
  readonly outcome: Outcome;
  readonly events: readonly RunEvent[];
  readonly requests: readonly ChatRequest[];
}

/** Plays a script to an agent over HTTP, to its end. Every transcript must be valid. */
export async function play(
  script: Script,
  { input = 'Go.', agent: options, run: runOptions, resume, listen, clock = manualClock() }: PlayOptions = {},
): Promise<PlayedRun> {
  const server = await offlineServer({ script: script.map(addUsage) });
  try {
    const model = openai('m', { baseURL: server.baseURL });
    const agent = new Agent({ clock, random: () => 0, ...options, model });
    const run =
      resume === undefined
        ? agent.run(input, { runId: 'run', ...runOptions })
        : agent.resume('run', { ...runOptions, host: resume });
    const events: RunEvent[] = [];
    run.on('*', (event) => events.push(event));
    listen?.(run, { clock });
    const outcome = await run.outcome();
    expect(checkHistory(outcome.messages)).toEqual([]);
    expect(sumUsage(outcome)).toEqual(outcome.usage);
    server.assertDone();
    await waitForDeadlines(clock);
    return { outcome, events, requests: server.requests.map(({ body }) => body) };
  } finally {
    await server.close();
  }
}

/** The usage of each scripted message, so that the usage of a run shows its number of requests. */
const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } as const;

function addUsage(
  entry: ScriptedResponse | ScriptFunction<ScriptedResponse>,
): ScriptedResponse | ScriptFunction<ScriptedResponse> {
  if (typeof entry === 'function') return async (request, context) => withUsage(await entry(request, context));
  return withUsage(entry);
}

function withUsage(given: ScriptedResponse): ScriptedResponse {
  return given.type === 'message' ? { usage: USAGE, ...given } : given;
}

/** Sends a message unchanged in the documented frame: one chunk of a stream, or a body. */
export function respondRaw(message: RawMessage): ScriptFunction<ScriptedResponse> {
  return ({ stream }) => {
    const choice = { index: 0, finish_reason: message.tool_calls === undefined ? 'stop' : 'tool_calls' };
    if (stream !== true) return respond.body({ choices: [{ ...choice, message }], usage: USAGE });
    const calls = message.tool_calls?.map((call, index) => ({ index, ...call }));
    const delta = calls === undefined ? message : { ...message, tool_calls: calls };
    return respond.sse([{ choices: [{ ...choice, delta }], usage: USAGE }, 'data: [DONE]\n\n']);
  };
}

interface RawMessage extends JsonObject {
  readonly tool_calls?: readonly JsonObject[];
}

/** The default input as a message. */
export const GO: UserMessage = { role: 'user', content: 'Go.' };

/** The common fields of outcomes over these messages. */
export function createOutcome(
  messages: readonly Message[],
  counts: Partial<Omit<OutcomeBase, 'messages'>> = {},
): OutcomeBase {
  const { turnCount: turns = 1 } = counts;
  return {
    runId: 'run',
    agent: 'agent',
    messages: [GO, ...messages],
    usage: createUsage(turns),
    usageBy: expect.any(Array), // `play` compares its sum with the usage.
    turnCount: turns,
    toolCallCount: 0,
    durationMs: 0,
    ...counts,
  };
}

export function createUsage(requests: number): Usage {
  return {
    requests,
    inputTokens: requests * USAGE.prompt_tokens,
    cachedInputTokens: 0,
    outputTokens: requests * USAGE.completion_tokens,
    reasoningTokens: 0,
    totalTokens: requests * USAGE.total_tokens,
    cost: 0,
    estimated: false,
  };
}

export function createText(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

export function createCalls(...calls: readonly FunctionToolCall[]): AssistantMessage {
  return { role: 'assistant', content: null, tool_calls: calls };
}

export function call(id: string, name: string, input: Json = {}): FunctionToolCall {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

export function createResult(id: string, content: string): ToolMessage {
  return { role: 'tool', tool_call_id: id, content };
}

export function createUserMessage(content: string): UserMessage {
  return { role: 'user', content };
}

/** Returns the events of one type. */
export function filterEvents<Type extends RunEvent['type']>(
  { events }: PlayedRun,
  type: Type,
): readonly Extract<RunEvent, { readonly type: Type }>[] {
  return events.filter((event): event is Extract<RunEvent, { readonly type: Type }> => event.type === type);
}

export function listRepairs(played: PlayedRun): readonly Repair[] {
  return filterEvents(played, 'response.repaired').flatMap((event) => event.repairs);
}
