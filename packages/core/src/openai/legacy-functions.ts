import { asFunctionCall, asFunctionTool } from '../chat/custom-as-function.ts';
import type { AssistantMessage, Message, ToolCall, ToolMessage } from '../chat/message.ts';
import { callName, getMessageText } from '../chat/message.ts';
import type { ChatRequest, FunctionObject, ToolChoice, ToolObject } from '../chat/request.ts';

/** The legacy form of tools and of the choice among them. */
export function legacyFunctions(
  tools: readonly ToolObject[],
  toolChoice: ToolChoice | undefined,
): Pick<ChatRequest, 'functions' | 'function_call'> {
  if (tools.length === 0) return {};
  const functionCall = legacyChoice(toolChoice);
  return {
    functions: tools.map(functionOf),
    ...(functionCall !== undefined && { function_call: functionCall }),
  };
}

function functionOf(tool: ToolObject): FunctionObject {
  const { strict: _, ...object } = (tool.type === 'custom' ? asFunctionTool(tool) : tool).function;
  return object;
}

/** The legacy form can't ask for any call, only for none or for a named one. */
function legacyChoice(choice: ToolChoice | undefined): ChatRequest['function_call'] {
  if (choice === undefined || choice === 'required') return undefined;
  if (typeof choice === 'string') return choice;
  switch (choice.type) {
    case 'function':
      return { name: choice.function.name };
    case 'custom':
      return { name: choice.custom.name };
    case 'allowed_tools':
      return undefined;
  }
}

/** A conversation in the legacy form: one call a message, each followed by its result. */
export function legacyMessages(messages: readonly Message[]): readonly Message[] {
  const sent: Message[] = [];
  let results = new Map<string, ToolMessage>();
  // From the end, so that the results of a message's calls are known: servers use ids again.
  for (const message of messages.toReversed()) {
    if (message.role === 'tool') results.set(message.tool_call_id, message);
    else if (message.role !== 'assistant') sent.push(message);
    else {
      sent.push(...pairs(message, results).toReversed());
      results = new Map();
    }
  }
  return sent.reverse();
}

function pairs(message: AssistantMessage, results: ReadonlyMap<string, ToolMessage>): readonly Message[] {
  const { tool_calls: calls, ...rest } = message;
  // `null` is what some stores make of none.
  if (!calls?.length) return [calls === undefined ? message : rest];
  return calls.flatMap((call, index): readonly Message[] => {
    const said: AssistantMessage = index === 0 ? rest : { role: 'assistant', content: null };
    const result = results.get(call.id);
    const name = callName(call);
    return [
      { ...said, function_call: { name, arguments: argumentsOf(call) } },
      ...(result === undefined ? [] : [{ role: 'function' as const, name, content: getMessageText(result) }]),
    ];
  });
}

function argumentsOf(call: ToolCall): string {
  return (call.type === 'custom' ? asFunctionCall(call) : call).function.arguments;
}
