import { asFunctionCall } from '../chat/custom-as-function.ts';
import type { AssistantMessage, Message, ToolCall } from '../chat/message.ts';
import type { Profile } from './profile.ts';

/** A message as this kind of server takes it. The same object where nothing has to be different. */
export function wireMessage(message: Message, profile: Profile): Message {
  switch (message.role) {
    case 'assistant':
      return wireAssistant(message, profile);
    case 'developer':
      return named<Message>(profile.developerRole ? message : { ...message, role: 'system' }, profile);
    case 'system':
    case 'user':
      return named(message, profile);
    case 'function':
    case 'tool':
      return message;
  }
  // From JavaScript or from a store it may be anything: the server says what it thinks of it.
  return message;
}

function named<T extends Message>(message: T, { messageNames }: Profile): T {
  if (messageNames || !('name' in message)) return message;
  const { name: _, ...rest } = message;
  return rest as object as T; // In these roles the name is optional.
}

/** Content beside calls is never left out: some servers fail without the key. */
function wireAssistant(message: AssistantMessage, profile: Profile): AssistantMessage {
  const { role, content, audio, tool_calls: given, ...rest } = named(message, profile);
  // `null` is what some stores make of none.
  const tool_calls = given ?? [];
  const hasCalls = tool_calls.length > 0 || message.function_call != null;
  const isEmpty = content === undefined || content === null || content.length === 0;
  return {
    role,
    ...(content === undefined ? {} : { content }),
    ...(hasCalls && isEmpty && { content: profile.nullContent ? null : '' }),
    ...(hasCalls && profile.besideCalls),
    ...known(rest, { documented: MESSAGE_FIELDS, profile }),
    // A reply brings the sound itself; a request may only name it.
    ...(audio != null && { audio: { id: audio.id } }),
    ...(tool_calls.length > 0 && { tool_calls: tool_calls.map((call) => wireCall(call, profile)) }),
  };
}

function wireCall(given: ToolCall, profile: Profile): ToolCall {
  const call = given.type === 'custom' && !profile.customTools ? asFunctionCall(given) : given;
  return known(call, { documented: CALL_FIELDS, profile });
}

const MESSAGE_FIELDS: ReadonlySet<string> = new Set(['refusal', 'name', 'function_call']);
const CALL_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'function', 'custom']);

interface Knowing {
  readonly documented: ReadonlySet<string>;
  readonly profile: Profile;
}

/** Without the fields that this server would refuse. */
function known<T extends object>(fields: T, { documented, profile: { extraFields } }: Knowing): T {
  if (extraFields === 'all') return fields;
  const kept = Object.entries(fields).filter(([name]) => documented.has(name) || extraFields.includes(name));
  return Object.fromEntries(kept) as T; // Only fields that are not part of the type are gone.
}
