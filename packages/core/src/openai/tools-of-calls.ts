import { callName, type Message } from '../chat/message.ts';
import type { FunctionToolObject } from '../chat/request.ts';
import type { ChosenTools } from './choose-tools.ts';
import type { Profile } from './profile.ts';

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
