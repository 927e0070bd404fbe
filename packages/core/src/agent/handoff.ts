import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkOwn } from '../base/package-copy.ts';
import type { Destination, HistoryFilter, Speaker } from '../perform/definition.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import type { Schema } from '../schema/schema.ts';
import { type ToolOptions, tool } from '../tool/tool.ts';
import type { ToolContext } from '../tool/tool-context.ts';
import { resolveInstructions } from './begin.ts';
import { type Blueprint, compareDefinition, getPolicy, type Handoff } from './blueprint.ts';

/** Options of a handoff to an agent. */
export interface HandoffOptions<Context, Input = { readonly reason?: string }>
  extends Pick<ToolOptions<Input, Context>, 'when' | 'needsApproval' | 'preview' | 'approvalTimeoutMs'> {
  /** The name of the tool that the model calls. @defaultValue `transfer_to_` and the name of the agent */
  readonly name?: string;
  /** Tells the model when to hand over. @defaultValue made from the description of the agent */
  readonly description?: string;
  /**
   * Selects what the agent sees of the conversation: `lastMessages(6)`, `summarizeHistory({ model })` or a function. It affects only what
   * the model of this agent gets: the conversation itself keeps every message.
   *
   * @defaultValue the whole conversation
   */
  readonly inputFilter?: HistoryFilter;
  /** What the model has to say when it hands over. @defaultValue an object with an optional text `reason` */
  readonly input?: Schema<Input>;
  /**
   * Called with the input before the conversation goes over, as part of the call. If a crash interrupts it, it is called again, with the
   * same `idempotencyKey`. If it throws, the conversation stays, and the model reads the error.
   */
  readonly onHandoff?: (input: NoInfer<Input>, context: ToolContext<Context>) => void | Promise<void>;
}

/** An agent, or the result of its `asHandoff`. */
export type HandoffTarget<Context, Output> = Handoff<Context, Output> | { asHandoff(): Handoff<Context, Output> };

/** The agents that an agent may hand over to. A function allows agents to refer to each other. */
export type Handoffs<Context, Output> =
  | readonly HandoffTarget<Context, Output>[]
  | (() => readonly HandoffTarget<Context, Output>[]);

export function createHandoff<Context, Input>(
  blueprint: Blueprint,
  given: HandoffOptions<Context, Input>,
): Handoff<Context, never> {
  const {
    name,
    description,
    inputFilter,
    input = REASON as Schema<Input>,
    onHandoff,
    ...options
  } = checkOptions(given, HANDOFF, `Agent "${blueprint.name}", asHandoff`);
  const { name: agent } = blueprint;
  const what = blueprint.description === undefined ? '' : ` ${blueprint.description}`;
  const base = tool<Input, Context>({
    ...options,
    name: name ?? `transfer_to_${agent}`.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64),
    description: description ?? `Hands the conversation over to ${agent}, which continues it.${what}`,
    input: input as never, // Either kind of schema: `tool` asks which.
    effect: onHandoff === undefined ? 'read' : 'idempotent',
    async execute(given, context) {
      await onHandoff?.(given, context);
      return `Handed over to ${agent}.`;
    },
  });
  return { agent, tool: Object.freeze({ ...base, handoffTo: agent }), inputFilter, blueprint };
}

const HANDOFF: OptionTable<HandoffOptions<never, never>> = {
  keys: {
    name: 'text',
    description: 'text',
    inputFilter: 'function',
    input: 'any',
    onHandoff: 'function',
    when: 'function',
    needsApproval: ['boolean', 'function'],
    preview: 'function',
    approvalTimeoutMs: 'number',
  },
  hints: {
    sees: 'The option is "inputFilter".',
    toolName: 'The option is "name".',
    inputType: 'The option is "input".',
    isEnabled: 'The option is "when".',
  },
};

const REASON = jsonSchema<unknown>(
  {
    type: 'object',
    properties: { reason: { type: 'string', description: 'Why, in a few words.' } },
    additionalProperties: false,
  },
  { validate: (value) => ({ value }) },
);

/** @throws ConfigError for a value that is not an agent, for the agent itself, and for two agents with one name */
export function readHandoffs(given: Handoffs<never, unknown>, agent: string): readonly Handoff[] {
  const list = typeof given === 'function' ? given() : given;
  if (!Array.isArray(list)) throw new ConfigError(`Agent "${agent}": handoffs is not a list. Pass handoffs: [other].`);
  const handoffs = list.map((each: HandoffTarget<never, unknown>, index): Handoff => {
    const handoff = typeof each === 'object' && each !== null && 'asHandoff' in each ? each.asHandoff() : each;
    if (typeof handoff !== 'object' || handoff === null || !('blueprint' in handoff)) {
      throw new ConfigError(
        `Agent "${agent}": handoffs[${index}] is not an agent. Pass an agent, or agent.asHandoff({ … }).`,
      );
    }
    checkOwn(handoff.blueprint, `Agent "${agent}": handoffs[${index}], agent "${handoff.agent}",`);
    return handoff;
  });
  const names = handoffs.map((each) => each.agent);
  const twice = names.find((name, index) => name === agent || names.indexOf(name) !== index);
  if (twice === undefined) return handoffs;
  throw new ConfigError(
    `Agent "${agent}" ${twice === agent ? 'has a handoff to itself' : `has two handoffs to agents named "${twice}"`}. Give each agent a different name.`,
  );
}

export function listDestinations(handoffs: readonly Handoff[]): ReadonlyMap<string, Destination> {
  return new Map(handoffs.map((handoff) => [handoff.agent, toDestination(handoff)]));
}

function toDestination({ blueprint, inputFilter = keepAll, tool: { when } }: Handoff): Destination {
  return { speaker: toSpeaker(blueprint), inputFilter, ...(when !== undefined && { when }) };
}

function keepAll<T>(messages: T): T {
  return messages;
}

/** @throws ConfigError if two agents that may become active in one run have the same name */
export function findSpeakers(first: Blueprint): ReadonlyMap<string, Destination> {
  const found = new Map<string, Blueprint>();
  const speakers = new Map<string, Destination>();
  const visit = (blueprint: Blueprint, destination: Destination): void => {
    const known = found.get(blueprint.name);
    if (known === blueprint) return;
    if (known !== undefined) {
      throw new ConfigError(
        `A run of agent "${first.name}" may reach two agents named "${blueprint.name}". Give each agent a different name.`,
      );
    }
    found.set(blueprint.name, blueprint);
    speakers.set(blueprint.name, destination);
    for (const next of blueprint.handoffs()) visit(next.blueprint, toDestination(next));
  };
  visit(first, { speaker: toSpeaker(first), inputFilter: keepAll });
  return speakers;
}

/** Describes an agent that may become active in a run. */
function toSpeaker(blueprint: Blueprint): Speaker {
  return {
    definition: blueprint.definition,
    settings: blueprint.settings,
    getPolicy: (limits) => getPolicy(blueprint, limits),
    resolveInstructions: (context) => resolveInstructions(blueprint.instructions, context),
    getDefinitionRecord: blueprint.getDefinitionRecord,
    compareDefinition: (begun, scope) => compareDefinition(begun, { blueprint, scope }),
  };
}
