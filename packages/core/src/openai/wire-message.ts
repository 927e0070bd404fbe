import { toWellFormedJson } from '../base/well-formed.ts';
import { asFunctionCall } from '../chat/custom-as-function.ts';
import type { AssistantMessage, FunctionToolCall, Message, ToolCall } from '../chat/message.ts';
import { REASONING_FIELDS, readReasoning } from '../chat/message-reader.ts';
import type { Profile } from './profile.ts';
import type { ToolCallIds } from './tool-call-ids.ts';
import { contentOf, filledContent, isPadding } from './wire-content.ts';

/** What a message is written for. */
export interface WireScope {
  /** Absent where the server takes any id. */
  readonly ids?: ToolCallIds | undefined;
  /** Whether the request has tools, or the conversation has tool calls. */
  readonly isWithTools?: boolean;
  /** Of the message that was sent before this one. */
  readonly previousRole?: string | undefined;
}

/**
 * A message as this kind of server takes it; the same object where nothing has to be different. `undefined` for a message of the system or
 * of the assistant that says nothing.
 */
export function wireMessage(message: Message, profile: Profile, scope: WireScope = {}): Message | undefined {
  switch (message.role) {
    case 'assistant':
      return wireAssistant(message, profile, scope);
    case 'developer':
    case 'system': {
      const content = contentOf(message.content, profile);
      if (content === '') return undefined;
      const role = systemRole(message, profile, scope);
      if (role === message.role && content === message.content) return withoutName<Message>(message, profile);
      return withoutName({ ...message, role, content } as Message, profile); // The three roles have such content.
    }
    case 'user': {
      const content = filledContent(message.content, profile);
      return withoutName(content === message.content ? message : { ...message, content }, profile);
    }
    case 'tool': {
      const content = filledContent(message.content, profile);
      const id = scope.ids?.wireId(message.tool_call_id) ?? message.tool_call_id;
      if (content === message.content && id === message.tool_call_id) return message;
      return { ...message, content, tool_call_id: id };
    }
    case 'function':
      return message;
  }
  // From JavaScript or from a store it may be anything: the server says what it thinks of it.
  return message;
}

function systemRole(
  { role }: { readonly role: 'system' | 'developer' },
  { systemMessages, developerRole }: Profile,
  { previousRole }: WireScope,
): Message['role'] {
  if (!isSystemTaken(systemMessages, previousRole)) return 'user';
  return developerRole ? role : 'system';
}

function isSystemTaken(place: Profile['systemMessages'], previousRole: string | undefined): boolean {
  if (place === 'anywhere' || previousRole === undefined) return true;
  return place === 'leading' && (previousRole === 'system' || previousRole === 'developer');
}

function withoutName<T extends Message>(message: T, { messageNames }: Profile): T {
  if (!('name' in message) || (messageNames && message.name)) return message;
  const { name: _, ...rest } = message;
  return rest as object as T; // In these roles the name is optional.
}

function wireAssistant(
  message: AssistantMessage,
  profile: Profile,
  { ids, isWithTools }: WireScope,
): AssistantMessage | undefined {
  // `null` is what some stores make of none.
  const calls = message.tool_calls ?? [];
  const legacy = message.function_call?.name ? message.function_call : undefined;
  const hasCalls = calls.length > 0 || legacy !== undefined;
  const fields = fieldsOf(message, profile);
  const hasFields = Object.keys(fields).some((name) => name !== 'name');
  const content = assistantContent(message, { profile, hasCalls, hasFields });
  if (content === undefined) return undefined;
  return {
    role: 'assistant',
    content,
    ...(isWithTools && profile.requiredWithTools),
    ...(hasCalls && profile.requiredWithToolCalls),
    ...fields,
    ...(legacy && { function_call: withWellFormedArguments(legacy) }),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => wireCall(call, profile, ids)) }),
  };
}

interface Beside {
  readonly profile: Profile;
  readonly hasCalls: boolean;
  readonly hasFields: boolean;
}

/** Content beside calls is never left out: some servers fail without the key. `undefined`: the message says nothing. */
function assistantContent(
  { content, refusal, audio }: AssistantMessage,
  { profile, hasCalls, hasFields }: Beside,
): AssistantMessage['content'] {
  const kept = contentOf(content, profile);
  if (kept !== '') return kept;
  if (hasCalls) return profile.nullContent ? null : '';
  if (!profile.emptyContent) return refusal || undefined;
  if (!hasFields) return undefined;
  // Only beside these two is `null` taken.
  return refusal || audio?.id ? (content === '' ? '' : null) : '';
}

/** What there is beside the content and the calls. */
function fieldsOf(message: AssistantMessage, profile: Profile): object {
  const { audio, refusal } = message;
  const fields: Record<string, unknown> = {};
  // Elsewhere it is the content, where there is no other.
  if (refusal && profile.emptyContent) fields['refusal'] = refusal;
  for (const [name, value] of Object.entries(message)) {
    if (!OWN_FIELDS.has(name) && isPassedOn(name, profile) && !isPadding(value)) fields[name] = value;
  }
  if (profile.reasoningFields.length > 0) Object.assign(fields, reasoningFields(message, profile));
  // A reply brings the sound itself; a request may only name it.
  if (audio?.id) fields['audio'] = { id: audio.id };
  return fields;
}

/** Fields that are not copied as they are: each has a rule of its own. `__proto__` would set the prototype. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'audio',
  'tool_calls',
  'function_call',
  '__proto__',
]);

function isPassedOn(name: string, { messageNames, passthroughFields, reasoningFields }: Profile): boolean {
  if (name === 'name') return messageNames;
  if (passthroughFields !== 'all') return passthroughFields.includes(name);
  return reasoningFields.length === 0 || !REASONING_FIELDS.includes(name);
}

/** Whatever the server that brought it calls it. */
function reasoningFields(message: object, { reasoningFields }: Profile): object {
  const text = readReasoning({ ...message });
  return text === '' ? {} : Object.fromEntries(reasoningFields.map((name) => [name, text]));
}

function wireCall(given: ToolCall, profile: Profile, ids: ToolCallIds | undefined): ToolCall {
  const call = withKnownFields(
    given.type === 'custom' && !profile.customTools ? asFunctionCall(given) : given,
    profile,
  );
  const id = ids?.wireId(call.id) ?? call.id;
  if (call.type !== 'function') return id === call.id ? call : { ...call, id };
  const called = withWellFormedArguments(call.function);
  return id === call.id && called === call.function ? call : { ...call, id, function: called };
}

function withKnownFields(call: ToolCall, { passthroughFields }: Profile): ToolCall {
  const fields: Readonly<Record<string, unknown>> = { ...call };
  const isKept = (name: string): boolean =>
    (CALL_FIELDS.has(name) || passthroughFields === 'all' || passthroughFields.includes(name)) &&
    !isPadding(fields[name]);
  const names = Object.keys(fields);
  if (names.every(isKept)) return call;
  return Object.fromEntries(names.filter(isKept).map((name) => [name, fields[name]])) as object as ToolCall; // Only fields that are not part of the type are gone.
}

const CALL_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'function', 'custom']);

/** A server parses the arguments once more: half a surrogate pair may be written in them as an escape. */
function withWellFormedArguments<T extends Pick<FunctionToolCall['function'], 'arguments'>>(called: T): T {
  if (typeof called?.arguments !== 'string') return called;
  const text = toWellFormedJson(called.arguments);
  return text === called.arguments ? called : { ...called, arguments: text };
}
