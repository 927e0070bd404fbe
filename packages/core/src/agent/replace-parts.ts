import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Middleware, MiddlewareScope } from '../perform/middleware.ts';
import type { Tool } from '../tool/tool.ts';
import type { AgentOptions } from './agent-options.ts';
import { agentsOfTools, type Blueprint, type ModelChoice, type PartReplacement } from './blueprint.ts';
import { type Handoffs, readHandoffs } from './handoff.ts';

/**
 * Replaces the tools and the models of an agent, those that its middleware, its `validate` and its handoffs ask, and those of the agents that are its tools
 * or that it may hand over to.
 */
export function replaceParts(
  options: AgentOptions<never, unknown>,
  replacement: PartReplacement,
): AgentOptions<never, unknown> {
  const { name = 'agent', model, models, tools, handoffs, middleware, validate } = options;
  const { choose, replace } = createReplacements(replacement, name);
  return {
    ...options,
    model: choose(model),
    ...(middleware !== undefined && { middleware: middleware.map((each) => replaceInMiddleware(each, replace)) }),
    ...(validate !== undefined && {
      validate: (value, scope) => validate(value, replaceInScope(scope, replace)),
    }),
    ...(models !== undefined && { models: models.map(choose) }),
    ...replaceTools(tools, { name, replacement }),
    ...(handoffs !== undefined && { handoffs: () => replaceInHandoffs(handoffs, { name, replacement, replace }) }),
  };
}

type Replace = (model: ChatModel) => ChatModel;

interface Replacements {
  /** For the models of the agent itself. */
  readonly choose: Replace;
  /** For models that middleware asks: each is replaced once, and a replacement is not replaced again. */
  readonly replace: Replace;
}

function createReplacements(replacement: PartReplacement, name: string): Replacements {
  const replaced = new Map<ChatModel, ChatModel>();
  const choose = (model: ChatModel): ChatModel => {
    const chosen = chooseModel(replacement, { name, model });
    replaced.set(chosen, chosen);
    return chosen;
  };
  const replace = (model: ChatModel): ChatModel => {
    const chosen = replaced.get(model) ?? choose(model);
    replaced.set(model, chosen);
    return chosen;
  };
  return { choose, replace };
}

function replaceInScope<Scope extends Pick<MiddlewareScope, 'callModel'>>(scope: Scope, replace: Replace): Scope {
  const callModel: MiddlewareScope['callModel'] = (model, request) => scope.callModel(replace(model), request);
  return { ...scope, callModel };
}

function replaceInMiddleware(middleware: Middleware<never>, replace: Replace): Middleware<never> {
  const { prepareTurn, wrapModelCall, wrapToolCall } = middleware;
  return {
    ...middleware,
    ...(prepareTurn && {
      prepareTurn: (turn, scope) => prepareTurn.call(middleware, turn, replaceInScope(scope, replace)),
    }),
    ...(wrapModelCall && {
      wrapModelCall: (request, next, scope) =>
        wrapModelCall.call(middleware, request, next, replaceInScope(scope, replace)),
    }),
    ...(wrapToolCall && {
      wrapToolCall: (call, next, scope) => wrapToolCall.call(middleware, call, next, replaceInScope(scope, replace)),
    }),
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
  {
    name,
    replacement,
    replace,
  }: { readonly name: string; readonly replacement: PartReplacement; readonly replace: Replace },
): ReturnType<typeof readHandoffs> {
  return readHandoffs(handoffs, name).map((handoff) => {
    const { inputFilter } = handoff;
    return {
      ...handoff,
      inputFilter: inputFilter && ((messages, scope) => inputFilter(messages, replaceInScope(scope, replace))),
      blueprint: replaceInBlueprint(handoff.blueprint, replacement),
    };
  });
}

function replaceInBlueprint(blueprint: Blueprint, replacement: PartReplacement): Blueprint {
  const known = replacement.done.get(blueprint);
  if (known !== undefined) return known;
  const replaced = blueprint.replaceParts(replacement);
  replacement.done.set(blueprint, replaced);
  return replaced;
}
