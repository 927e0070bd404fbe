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
import { quiet } from '../quiet.ts';

export type Script = readonly (ScriptedResponse | ScriptFunction<ScriptedResponse>)[];

export interface PlayOptions {
  /** @defaultValue 'Go.' */
  readonly input?: Input;
  readonly agent?: Omit<AgentOptions<unknown, string>, 'model'>;
  readonly run?: Omit<RunOptions, 'runId'>;
  /** Goes on with the run that this host has, in place of starting one. */
  readonly resume?: Host;
  readonly listen?: (run: Run, stage: { readonly clock: ManualClock }) => void;
  readonly clock?: ManualClock;
}

export interface Played {
  readonly outcome: Outcome;
  readonly events: readonly RunEvent[];
  readonly requests: readonly ChatRequest[];
}

/** Plays a script to an agent, over HTTP and to its end. No run may leave a transcript that a server refuses. */
export async function play(
  script: Script,
  { input = 'Go.', agent: options, run: runOptions, resume, listen, clock = manualClock() }: PlayOptions = {},
): Promise<Played> {
  const server = await offlineServer({ script: script.map(counted) });
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
    server.assertDone();
    await quiet(clock);
    return { outcome, events, requests: server.requests.map(({ body }) => body) };
  } finally {
    await server.close();
  }
}

/** What each scripted message uses, so that a run's usage can be told from its requests. */
const COUNTED = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } as const;

function counted(
  entry: ScriptedResponse | ScriptFunction<ScriptedResponse>,
): ScriptedResponse | ScriptFunction<ScriptedResponse> {
  if (typeof entry === 'function') return async (request, context) => withUsage(await entry(request, context));
  return withUsage(entry);
}

function withUsage(given: ScriptedResponse): ScriptedResponse {
  return given.type === 'message' ? { usage: COUNTED, ...given } : given;
}

/** A message as it stands, in the documented frame: one chunk of a stream, or a body. */
export function raw(message: RawMessage): ScriptFunction<ScriptedResponse> {
  return ({ stream }) => {
    const choice = { index: 0, finish_reason: message.tool_calls === undefined ? 'stop' : 'tool_calls' };
    if (stream !== true) return respond.body({ choices: [{ ...choice, message }], usage: COUNTED });
    const calls = message.tool_calls?.map((call, index) => ({ index, ...call }));
    const delta = calls === undefined ? message : { ...message, tool_calls: calls };
    return respond.sse([{ choices: [{ ...choice, delta }], usage: COUNTED }, 'data: [DONE]\n\n']);
  };
}

interface RawMessage extends JsonObject {
  readonly tool_calls?: readonly JsonObject[];
}

/** What a run's input becomes. */
export const GO: UserMessage = { role: 'user', content: 'Go.' };

/** What every outcome of a run over these messages has. */
export function ending(messages: readonly Message[], counts: Partial<Omit<OutcomeBase, 'messages'>> = {}): OutcomeBase {
  const { turnCount: turns = 1 } = counts;
  return {
    runId: 'run',
    agent: 'agent',
    messages: [GO, ...messages],
    usage: used(turns),
    turnCount: turns,
    toolCallCount: 0,
    durationMs: 0,
    ...counts,
  };
}

export function used(requests: number): Usage {
  return {
    requests,
    inputTokens: requests * COUNTED.prompt_tokens,
    cachedInputTokens: 0,
    outputTokens: requests * COUNTED.completion_tokens,
    reasoningTokens: 0,
    totalTokens: requests * COUNTED.total_tokens,
    cost: 0,
    estimated: false,
  };
}

export function said(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

export function asked(...calls: readonly FunctionToolCall[]): AssistantMessage {
  return { role: 'assistant', content: null, tool_calls: calls };
}

export function call(id: string, name: string, input: Json = {}): FunctionToolCall {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

export function result(id: string, content: string): ToolMessage {
  return { role: 'tool', tool_call_id: id, content };
}

export function user(content: string): UserMessage {
  return { role: 'user', content };
}

/** The events of one type. */
export function told<Type extends RunEvent['type']>(
  { events }: Played,
  type: Type,
): readonly Extract<RunEvent, { readonly type: Type }>[] {
  return events.filter((event): event is Extract<RunEvent, { readonly type: Type }> => event.type === type);
}

export function mends(played: Played): readonly Repair[] {
  return told(played, 'response.repaired').flatMap((event) => event.repairs);
}
