import { asFunctionCall, asFunctionTool } from '../chat/custom-as-function.ts';
import type { AssistantMessage, Message, ToolCall, ToolMessage } from '../chat/message.ts';
import { getCallName, getMessageText } from '../chat/message.ts';
import type { ChatRequest, FunctionObject, ToolChoice, ToolObject } from '../chat/request.ts';

/** Converts tools and `tool_choice` to the legacy form. */
export function toLegacyFunctions(
  tools: readonly ToolObject[],
  toolChoice: ToolChoice | undefined,
): Pick<ChatRequest, 'functions' | 'function_call'> {
  if (tools.length === 0) return {};
  const functionCall = toLegacyChoice(toolChoice);
  return {
    functions: tools.map(toFunctionObject),
    ...(functionCall !== undefined && { function_call: functionCall }),
  };
}

function toFunctionObject(tool: ToolObject): FunctionObject {
  const { strict: _, ...object } = (tool.type === 'custom' ? asFunctionTool(tool) : tool).function;
  return object;
}

/** The legacy form has no `required`: it can require no call or a named one. */
function toLegacyChoice(choice: ToolChoice | undefined): ChatRequest['function_call'] {
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

/** Converts a conversation to the legacy form: one call per message, each followed by its result. */
export function toLegacyMessages(messages: readonly Message[]): readonly Message[] {
  const sent: Message[] = [];
  let results = new Map<string, ToolMessage>();
  // From the end, so that each call finds its own result: servers reuse ids.
  for (const message of messages.toReversed()) {
    if (message.role === 'tool') results.set(message.tool_call_id, message);
    else if (message.role !== 'assistant') sent.push(message);
    else {
      sent.push(...splitCalls(message, results).toReversed());
      results = new Map();
    }
  }
  return sent.reverse();
}

function splitCalls(message: AssistantMessage, results: ReadonlyMap<string, ToolMessage>): readonly Message[] {
  const { tool_calls: calls, ...rest } = message;
  // Some stores turn missing calls into `null`.
  if (!calls?.length) return [calls === undefined ? message : rest];
  return calls.flatMap((call, index): readonly Message[] => {
    const fields: AssistantMessage = index === 0 ? rest : { role: 'assistant', content: null };
    const result = results.get(call.id);
    const name = getCallName(call);
    return [
      { ...fields, function_call: { name, arguments: getArguments(call) } },
      ...(result === undefined ? [] : [{ role: 'function' as const, name, content: getMessageText(result) }]),
    ];
  });
}

function getArguments(call: ToolCall): string {
  return (call.type === 'custom' ? asFunctionCall(call) : call).function.arguments;
}
