import {
  Agent,
  type AgentOptions,
  type Answer,
  type ChatModel,
  type Clock,
  type Conversation,
  type Effect,
  type Input,
  type Outcome,
  type PendingCall,
  type Tool,
  tool,
} from '@pawl/core';
import type { Flow } from '@pawl/core/flow';
import { respond, type ScriptedMessageResponse, type ScriptedModelResponse, type ScriptFunction } from '@pawl/testing';
import { z } from 'zod';

/** A run that every invariant plays in its own way. */
export interface Scenario {
  readonly name: string;
  /** The status after all turns. */
  readonly status: Outcome['status'];
  /** The responses to each turn's requests. A list has the attempts of one turn, in order. */
  readonly turns: readonly (ScriptedModelResponse | readonly ScriptedModelResponse[])[];
  /** @defaultValue the number of `turns` */
  readonly requestCount?: number;
  /** The responses of nested conversations, by their first user message. */
  readonly inside?: Readonly<Record<string, readonly ScriptedModelResponse[]>>;
  readonly agent: (stage: ScenarioSetup) => Omit<AgentOptions<unknown, unknown>, 'model' | 'clock' | 'random'>;
  /** Runs in place of the agent. */
  readonly flow?: (stage: ScenarioSetup) => Flow<unknown, Input>;
  /** @defaultValue 'Go.' */
  readonly input?: Input;
  /** The run continues it. */
  readonly conversation?: () => Promise<Conversation>;
  /** Sent to each attempt at the run, until one has recorded it. */
  readonly steering?: string;
  /** Answers each pending call. */
  readonly answer?: (pending: PendingCall) => Answer;
}

/** What one run of a scenario gives to its tools. */
export interface ScenarioSetup {
  /** The idempotency keys of the started calls, in order. */
  readonly started: string[];
  /** For nested agents. */
  readonly model: ChatModel;
  readonly clock: Clock;
}

/** The name of the agent in `serve`, which has to address it. */
export interface ScenarioAgentOptions {
  readonly name?: string;
}

/** Creates the agent of a scenario. @throws Error if a flow runs in its place */
export function createScenarioAgent(
  scenario: Scenario,
  stage: ScenarioSetup,
  options: ScenarioAgentOptions = {},
): Agent {
  if (scenario.flow !== undefined) throw new Error(`Scenario "${scenario.name}" runs a flow.`);
  const { model, clock } = stage;
  return new Agent({ ...scenario.agent(stage), model, clock, random: () => 0, ...options }) as Agent; // Its output may be any.
}

/** Gives the responses of a turn, however often and in whichever attempt they are requested. */
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

/** The same usage for every response, so that it does not depend on the texts of results. */
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

/** A tool for a city that records its start. */
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
