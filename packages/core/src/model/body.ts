import type { JsonObject } from '../base/json.ts';
import type { Message } from '../chat/message.ts';
import type { ChatRequest, FunctionToolObject } from '../chat/request.ts';

/** The name under which a server wants to hear the most tokens of a reply. */
export type TokenField = 'max_completion_tokens' | 'max_tokens';

export interface BodyOptions {
  /** Where the request names none. */
  readonly model: string;
  readonly tokenField: TokenField;
  readonly extraBody?: JsonObject | undefined;
}

/**
 * The JSON of a request, joined from pieces.
 *
 * A message's JSON is made once for each object, that of the tools once for each array: what was sent must not be changed in place.
 */
export function requestBody(request: ChatRequest, options: BodyOptions): string {
  const { model = options.model, messages, tools = [], ...settings } = request;
  const rest = JSON.stringify({
    ...restOf(settings, { ...options, hasTools: tools.length > 0 }),
    ...options.extraBody,
  });
  const pieces = [`"model":${JSON.stringify(model)}`, `"messages":[${messages.map(messageJson).join(',')}]`];
  if (tools.length > 0) pieces.push(`"tools":${toolsJson(tools)}`);
  if (rest !== '{}') pieces.push(rest.slice(1, -1));
  return `{${pieces.join(',')}}`;
}

type Settings = Omit<ChatRequest, 'model' | 'messages' | 'tools'>;

/** Servers refuse stream options without a stream, a choice without tools, and both token fields at once. */
function restOf(settings: Settings, { tokenField, hasTools }: BodyOptions & { readonly hasTools: boolean }): object {
  const { max_completion_tokens, max_tokens, stream, stream_options, tool_choice, parallel_tool_calls, ...rest } =
    settings;
  return {
    ...(max_completion_tokens == null ? { max_tokens } : { [tokenField]: max_completion_tokens }),
    ...(hasTools && { tool_choice, parallel_tool_calls }),
    ...rest,
    ...(stream === true && { stream }),
    // `null` asks for none: a server may not know them.
    ...(stream === true && stream_options !== null && { stream_options: { include_usage: true, ...stream_options } }),
  };
}

const messagePieces = new WeakMap<Message, string>();

function messageJson(message: Message): string {
  const made = messagePieces.get(message);
  if (made !== undefined) return made;
  const json = JSON.stringify(sendable(message));
  messagePieces.set(message, json);
  return json;
}

/** Beside calls, content that is missing or empty is `null`: some servers fail without the key, others on an empty text. */
function sendable(message: Message): Message {
  if (message.role !== 'assistant') return message;
  const { role, content, tool_calls = [], ...rest } = message;
  const calls = tool_calls.length > 0 ? { tool_calls } : {};
  const hasCalls = tool_calls.length > 0 || message.function_call != null;
  const isEmpty = content === undefined || content === null || content.length === 0;
  return {
    role,
    ...(content === undefined ? {} : { content }),
    ...(hasCalls && isEmpty && { content: null }),
    ...rest,
    ...calls,
  };
}

const toolPieces = new WeakMap<readonly FunctionToolObject[], string>();

function toolsJson(tools: readonly FunctionToolObject[]): string {
  const made = toolPieces.get(tools);
  if (made !== undefined) return made;
  const json = JSON.stringify(tools);
  toolPieces.set(tools, json);
  return json;
}
