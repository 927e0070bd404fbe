import { callName, type Message } from '../chat/message.ts';
import {
  type FunctionToolObject,
  getToolObjectName,
  listChosenNames,
  type ResponseFormat,
  type ToolChoice,
  type ToolObject,
} from '../chat/request.ts';
import type { Profile } from './profile.ts';
import { takesFormatWithTools } from './shape-format.ts';

export interface ChosenTools {
  readonly tools: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
}

/** A choice that the server does not understand, said by which tools it is shown. `format`: of the same request. */
export function chooseTools(
  { tools, toolChoice }: ChosenTools,
  format: ResponseFormat | undefined,
  profile: Profile,
): ChosenTools {
  const { toolChoices, customTools } = profile;
  if (tools.length === 0 || toolChoice == null) return { tools, toolChoice: undefined };
  if (toolChoice === 'none' && hasForm(format) && !takesFormatWithTools(profile))
    return { tools: [], toolChoice: undefined };
  const choice = customTools ? toolChoice : withoutCustom(toolChoice);
  if (toolChoices.includes(typeof choice === 'string' ? choice : choice.type)) return { tools, toolChoice: choice };
  if (choice === 'none') return { tools: [], toolChoice: undefined };
  if (typeof choice === 'string') return { tools, toolChoice: choice === 'auto' ? undefined : choice };
  return narrowed(choice, tools, toolChoices);
}

function hasForm(format: ResponseFormat | undefined): boolean {
  return format != null && format.type !== 'text';
}

/** A server that knows functions only is shown custom tools as such. */
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

function narrowed(
  choice: Exclude<ToolChoice, string>,
  tools: readonly ToolObject[],
  toolChoices: Profile['toolChoices'],
): ChosenTools {
  const names = new Set(listChosenNames(choice));
  const mode = choice.type === 'allowed_tools' ? choice.allowed_tools.mode : 'required';
  const left = tools.filter((tool) => names.has(getToolObjectName(tool)));
  if (left.length === 0) return { tools: left, toolChoice: undefined };
  return {
    tools: left,
    // A server that knows neither form is shown one tool: the most that can be said to it.
    toolChoice: mode === 'required' && toolChoices.includes('required') ? 'required' : undefined,
  };
}

/**
 * Definitions of the tools that a conversation has calls of, where the request has no tools and the server refuses calls without any. They
 * hold no more than the names, and none may be called.
 */
export function withToolsOf(messages: readonly Message[], chosen: ChosenTools, profile: Profile): ChosenTools {
  if (!profile.needsTools || chosen.tools.length > 0) return chosen;
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const names = new Set(calls.map(callName));
  if (names.size === 0) return chosen;
  return { tools: [...names].map(toolNamed), toolChoice: profile.toolChoices.includes('none') ? 'none' : undefined };
}

function toolNamed(name: string): FunctionToolObject {
  return {
    type: 'function',
    function: { name, description: 'Not available any more.', parameters: { type: 'object', properties: {} } },
  };
}
