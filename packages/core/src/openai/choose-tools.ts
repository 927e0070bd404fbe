import { getCallName, type Message } from '../chat/message.ts';
import {
  type FunctionToolObject,
  getToolObjectName,
  listChosenNames,
  type ResponseFormat,
  type ToolChoice,
  type ToolObject,
} from '../chat/request.ts';
import { canUseFormatWithTools } from './adapt-format.ts';
import type { Profile } from './profile.ts';

export interface ChosenTools {
  readonly tools: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
}

/** Replaces a `tool_choice` that the server does not support by a shorter list of tools. `format` is that of the same request. */
export function chooseTools(
  { tools, toolChoice }: ChosenTools,
  format: ResponseFormat | undefined,
  profile: Profile,
): ChosenTools {
  const { toolChoices, customTools } = profile;
  if (tools.length === 0 || toolChoice == null) return { tools, toolChoice: undefined };
  if (toolChoice === 'none' && hasForm(format) && !canUseFormatWithTools(profile))
    return { tools: [], toolChoice: undefined };
  const choice = customTools ? toolChoice : withoutCustom(toolChoice);
  if (toolChoices.includes(typeof choice === 'string' ? choice : choice.type)) return { tools, toolChoice: choice };
  if (choice === 'none') return { tools: [], toolChoice: undefined };
  if (typeof choice === 'string') return { tools, toolChoice: choice === 'auto' ? undefined : choice };
  return narrowTools(choice, tools, toolChoices);
}

function hasForm(format: ResponseFormat | undefined): boolean {
  return format != null && format.type !== 'text';
}

/** Servers without custom tools get them as functions. */
function withoutCustom(choice: ToolChoice): ToolChoice {
  if (typeof choice === 'string') return choice;
  switch (choice.type) {
    case 'custom':
      return { type: 'function', function: { name: choice.custom.name } };
    case 'function':
      return choice;
    case 'allowed_tools': {
      const tools = listChosenNames(choice).map((name) => ({ type: 'function', function: { name } }));
      return { type: 'allowed_tools', allowed_tools: { mode: choice.allowed_tools.mode, tools } };
    }
  }
}

function narrowTools(
  choice: Exclude<ToolChoice, string>,
  tools: readonly ToolObject[],
  toolChoices: Profile['toolChoices'],
): ChosenTools {
  const names = new Set(listChosenNames(choice));
  const mode = choice.type === 'allowed_tools' ? choice.allowed_tools.mode : 'required';
  const remaining = tools.filter((tool) => names.has(getToolObjectName(tool)));
  if (remaining.length === 0) return { tools: remaining, toolChoice: undefined };
  return {
    tools: remaining,
    // A server without `required` cannot be made to call a tool: the shorter list is all that can be sent.
    toolChoice: mode === 'required' && toolChoices.includes('required') ? 'required' : undefined,
  };
}

/**
 * Adds placeholders for the tools that the conversation calls, if the request has no tools and the server refuses a conversation with calls
 * then. A placeholder has a name only, and must not be called.
 */
export function withCalledTools(messages: readonly Message[], chosen: ChosenTools, profile: Profile): ChosenTools {
  if (!profile.needsTools || chosen.tools.length > 0) return chosen;
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const names = new Set(calls.map(getCallName));
  if (names.size === 0) return chosen;
  return {
    tools: [...names].map(createPlaceholderTool),
    toolChoice: profile.toolChoices.includes('none') ? 'none' : undefined,
  };
}

function createPlaceholderTool(name: string): FunctionToolObject {
  return {
    type: 'function',
    function: {
      name,
      description: 'No longer available. Do not call it.',
      parameters: { type: 'object', properties: {} },
    },
  };
}
