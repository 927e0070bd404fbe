import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Tool } from '../tool/tool.ts';
import type { AgentOptions } from './agent-options.ts';
import { agentsOfTools, type Blueprint, type ModelChoice, type PartReplacement } from './blueprint.ts';
import { type Handoffs, readHandoffs } from './handoff.ts';

/** Replaces the models and the tools of an agent, of the agents that are its tools, and of those that it may hand over to. */
export function replaceParts(
  options: AgentOptions<never, unknown>,
  replacement: PartReplacement,
): AgentOptions<never, unknown> {
  const { name = 'agent', model, models, tools, handoffs } = options;
  const replace = (each: ChatModel): ChatModel => chooseModel(replacement, { name, model: each });
  return {
    ...options,
    model: replace(model),
    ...(models !== undefined && { models: models.map(replace) }),
    ...replaceTools(tools, { name, replacement }),
    ...(handoffs !== undefined && { handoffs: () => replaceInHandoffs(handoffs, { name, replacement }) }),
  };
}

function replaceTools(
  tools: AgentOptions<never, unknown>['tools'],
  { name, replacement }: { readonly name: string; readonly replacement: PartReplacement },
): Pick<AgentOptions<never, unknown>, 'tools'> {
  const { chooseTools } = replacement;
  const chosen = chooseTools === undefined ? tools : chooseTools({ name, tools: tools ?? [] });
  if (chosen === undefined && chooseTools === undefined) return {};
  if (!Array.isArray(chosen)) {
    throw new ConfigError(
      `Agent "${name}": tools returned ${describeValue(chosen)}, which is not a list of tools. Return [] for none.`,
    );
  }
  return { tools: chosen.map((each) => replaceInTool(each, replacement)) };
}

function chooseModel({ choose }: PartReplacement, agent: Parameters<ModelChoice>[0]): ChatModel {
  if (choose === undefined) return agent.model;
  const chosen: ChatModel | undefined = choose(agent); // JavaScript code may return nothing.
  if (typeof chosen?.send === 'function') return chosen;
  throw new ConfigError(
    `Agent "${agent.name}": models returned ${describeValue(chosen)}, which is not a model. Return openai("…"), or an object with name and send.`,
  );
}

/** The other agent is created when it is first needed: agents may refer to each other. */
function replaceInTool(tool: Tool<never>, replacement: PartReplacement): Tool<never> {
  const agent = tool.delegate && agentsOfTools.get(tool.delegate);
  if (agent === undefined) return tool;
  const delegate = agent.replaceAgent(() => replaceInBlueprint(agent.getBlueprint(), replacement));
  return Object.freeze({ ...tool, delegate });
}

function replaceInHandoffs(
  handoffs: Handoffs<never, unknown>,
  { name, replacement }: { readonly name: string; readonly replacement: PartReplacement },
): ReturnType<typeof readHandoffs> {
  return readHandoffs(handoffs, name).map((handoff) => {
    return { ...handoff, blueprint: replaceInBlueprint(handoff.blueprint, replacement) };
  });
}

function replaceInBlueprint(blueprint: Blueprint, replacement: PartReplacement): Blueprint {
  const known = replacement.done.get(blueprint);
  if (known !== undefined) return known;
  const replaced = blueprint.replaceParts(replacement);
  replacement.done.set(blueprint, replaced);
  return replaced;
}
