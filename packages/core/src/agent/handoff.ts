import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkOwn } from '../base/package-copy.ts';
import type { Destination, HistoryFilter, Speaker } from '../perform/definition.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import { type ToolOptions, tool } from '../tool/tool.ts';
import { resolveInstructions } from './begin.ts';
import { type Blueprint, compareDefinition, type Handoff, policyOf } from './blueprint.ts';

/** How one agent hands the conversation over to another. */
export interface HandoffOptions<Context>
  extends Pick<ToolOptions<{ readonly reason?: string }, Context>, 'needsApproval' | 'preview' | 'approvalTimeoutMs'> {
  /** What the model calls. @defaultValue `transfer_to_` and the agent's name */
  readonly name?: string;
  /** When to hand over, for the model. @defaultValue from the agent's own description */
  readonly description?: string;
  /**
   * What the agent sees of the conversation: `lastMessages(6)`, `summarizeHistory({ model })`, or a function of yours. It holds for what this agent's
   * model is sent: the conversation itself keeps every message.
   *
   * @defaultValue all of it
   */
  readonly inputFilter?: HistoryFilter;
}

/** An agent, or one of it made by `asHandoff`. */
export type HandoffTarget<Context, Output> =
  | Handoff<Context, Output>
  | { asHandoff(options?: HandoffOptions<Context>): Handoff<Context, Output> };

/** The agents that one may hand over to; a function, where they know each other. */
export type Handoffs<Context, Output> =
  | readonly HandoffTarget<Context, Output>[]
  | (() => readonly HandoffTarget<Context, Output>[]);

export function handOffOf<Context>(blueprint: Blueprint, given: HandoffOptions<Context>): Handoff<Context, never> {
  const {
    name,
    description,
    inputFilter: sees,
    ...options
  } = checkOptions(given, HAND_OFF, `Agent "${blueprint.name}", asHandoff`);
  const { name: agent } = blueprint;
  const what = blueprint.description === undefined ? '' : ` ${blueprint.description}`;
  const base = tool<{ readonly reason?: string }, Context>({
    ...options,
    name: name ?? `transfer_to_${agent}`.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64),
    description: description ?? `Hands the conversation over to ${agent}, who answers from then on.${what}`,
    input: REASON as never, // Either kind of schema: `tool` asks which.
    effect: 'read',
    execute: () => `Handed over to ${agent}.`,
  });
  return { agent, tool: Object.freeze({ ...base, handoffTo: agent }), sees, blueprint };
}

const HAND_OFF: OptionTable<HandoffOptions<never>> = {
  keys: {
    name: 'text',
    description: 'text',
    inputFilter: 'function',
    needsApproval: ['boolean', 'function'],
    preview: 'function',
    approvalTimeoutMs: 'number',
  },
  hints: {
    sees: 'The option is "inputFilter".',
    toolName: 'The option is "name".',
    when: 'The option is "description".',
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

/** @throws ConfigError for what is no agent, the agent itself, and an agent that is there twice. */
export function handOffsOf(given: Handoffs<never, unknown>, agent: string): readonly Handoff[] {
  const list = typeof given === 'function' ? given() : given;
  if (!Array.isArray(list)) throw new ConfigError(`Agent "${agent}": handoffs is no list. Pass handoffs: [other].`);
  const handoffs = list.map((each: HandoffTarget<never, unknown>, index): Handoff => {
    const handoff = typeof each === 'object' && each !== null && 'asHandoff' in each ? each.asHandoff() : each;
    if (typeof handoff !== 'object' || handoff === null || !('blueprint' in handoff)) {
      throw new ConfigError(`Agent "${agent}": handoffs[${index}] is no agent. Pass one, or agent.asHandoff({ … }).`);
    }
    checkOwn(handoff.blueprint, `Agent "${agent}": handoffs[${index}], agent "${handoff.agent}",`);
    return handoff;
  });
  const names = handoffs.map((each) => each.agent);
  const twice = names.find((name, index) => name === agent || names.indexOf(name) !== index);
  if (twice === undefined) return handoffs;
  throw new ConfigError(
    `Agent "${agent}" would hand over to "${twice}", ${twice === agent ? 'itself' : 'of whom there are two'}. Give each agent a name of its own.`,
  );
}

export function destinationsOf(handoffs: readonly Handoff[]): ReadonlyMap<string, Destination> {
  return new Map(
    handoffs.map(({ agent, sees, blueprint }) => [agent, { speaker: speakerOf(blueprint), sees: sees ?? all }]),
  );
}

function all<T>(messages: T): T {
  return messages;
}

/** @throws ConfigError where two agents that may speak in one run have the same name. */
export function speakersOf(first: Blueprint): ReadonlyMap<string, Speaker> {
  const found = new Map<string, Blueprint>();
  const visit = (blueprint: Blueprint): void => {
    const known = found.get(blueprint.name);
    if (known === blueprint) return;
    if (known !== undefined) {
      throw new ConfigError(
        `A run of agent "${first.name}" may come to two agents named "${blueprint.name}". Give each a name of its own.`,
      );
    }
    found.set(blueprint.name, blueprint);
    for (const next of blueprint.handoffs()) visit(next.blueprint);
  };
  visit(first);
  return new Map([...found].map(([name, blueprint]) => [name, speakerOf(blueprint)]));
}

/** An agent as the one who speaks in a run that another began. */
function speakerOf(blueprint: Blueprint): Speaker {
  return {
    definition: blueprint.definition,
    settings: blueprint.settings,
    policyOf: (limits) => policyOf(blueprint, limits),
    instructionsFor: (context) => resolveInstructions(blueprint.instructions, context),
    digest: blueprint.digest,
    since: (begun, scope) => compareDefinition(begun, { blueprint, scope }),
  };
}
