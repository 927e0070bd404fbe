import {
  type AgentOptions,
  type Answer,
  type ChatModel,
  type Clock,
  type Effect,
  type Input,
  type Outcome,
  type PendingCall,
  type Tool,
  tool,
} from '@pawl/core';
import { respond, type ScriptedMessageResponse, type ScriptedModelResponse, type ScriptFunction } from '@pawl/testing';
import { z } from 'zod';

/** One run's story, which every invariant tells in its own way. */
export interface Scenario {
  readonly name: string;
  /** How it ends, all turns played. */
  readonly status: Outcome['status'];
  /** What each turn's requests are answered with. A list: the attempts of one turn, in order. */
  readonly turns: readonly (ScriptedModelResponse | readonly ScriptedModelResponse[])[];
  /** @defaultValue as many as `turns` has */
  readonly requestCount?: number;
  /** The same of conversations inside the run, by the words that each begins with. */
  readonly inside?: Readonly<Record<string, readonly ScriptedModelResponse[]>>;
  readonly agent: (stage: ScenarioSetup) => Omit<AgentOptions<unknown, unknown>, 'model' | 'clock' | 'random'>;
  /** @defaultValue 'Go.' */
  readonly input?: Input;
  /** Said to each attempt at the run, until one has taken it in. */
  readonly steering?: string;
  /** Said to each call that waits for a person. */
  readonly answer?: (pending: PendingCall) => Answer;
}

/** What the tools of one life of a run leave behind. */
export interface ScenarioSetup {
  /** The idempotency keys of the calls that began, in order. */
  readonly started: string[];
  /** For agents inside the run. */
  readonly model: ChatModel;
  readonly clock: Clock;
}

/** Answers a turn's conversation with that turn's replies, however often and from whatever attempt it is asked. */
export function createResponder({ turns, inside = {} }: Scenario): ScriptFunction<ScriptedModelResponse> {
  const asked = new Map<string, { readonly turn: number; times: number }>();
  return ({ messages }) => {
    const { content } = messages.find(({ role }) => role === 'user') ?? {};
    const within = typeof content === 'string' ? inside[content] : undefined;
    if (within !== undefined) {
      return addUsage(within[messages.filter(({ role }) => role === 'assistant').length] ?? respond.empty());
    }
    const conversation = JSON.stringify(messages);
    const before = asked.get(conversation) ?? { turn: asked.size, times: 0 };
    asked.set(conversation, { ...before, times: before.times + 1 });
    const responses = [
      turns[before.turn] ?? respond.httpError(400, { message: `No turn ${before.turn} here.` }),
    ].flat();
    return addUsage(responses[before.times % responses.length] ?? respond.empty());
  };
}

/** The same usage for every reply, so that it does not depend on what the results say. */
function addUsage(given: ScriptedModelResponse): ScriptedModelResponse {
  return given.type === 'message' ? { usage: COUNTED, ...given } : given;
}

const COUNTED: ScriptedMessageResponse['usage'] & object = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
};

interface CityToolOptions {
  readonly effect?: Effect;
  readonly needsApproval?: boolean;
  readonly execute?: (city: string) => unknown;
}

/** A tool of a city that says when it starts. */
export function defineCityTool(
  name: string,
  { effect = 'read', needsApproval = false, execute = (city) => `${name} ${city}` }: CityToolOptions = {},
): (stage: ScenarioSetup) => Tool<unknown> {
  return ({ started }) =>
    tool({
      name,
      description: `Does ${name} in a city.`,
      input: z.object({ city: z.string() }),
      effect,
      needsApproval,
      async execute({ city }, { idempotencyKey }) {
        started.push(idempotencyKey);
        return execute(city);
      },
    });
}
