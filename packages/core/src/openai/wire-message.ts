import { toWellFormedJson } from '../base/well-formed.ts';
import { asFunctionCall } from '../chat/custom-as-function.ts';
import { withoutKeptFields } from '../chat/kept-parts.ts';
import type { AssistantMessage, FunctionToolCall, Message, ToolCall } from '../chat/message.ts';
import { REASONING_FIELDS, readReasoning } from '../chat/message-reader.ts';
import type { Profile } from './profile.ts';
import type { ToolCallIds } from './tool-call-ids.ts';
import { fillContent, isPadding, removeEmptyParts } from './wire-content.ts';

/** The context of a message in a request. */
export interface WireScope {
  /** Absent if the server accepts any id. */
  readonly ids?: ToolCallIds | undefined;
  /** Whether the request has tools, or the conversation has tool calls. */
  readonly isWithTools?: boolean;
  /** The role of the message before this one in the request. */
  readonly previousRole?: string | undefined;
}

/**
 * Converts a message to the form that a server accepts. Returns the same object if nothing changes, and `undefined` for an empty system or
 * assistant message.
 */
export function toWireMessage(original: Message, profile: Profile, scope: WireScope = {}): Message | undefined {
  const message = withoutKeptFields(original);
  switch (message.role) {
    case 'assistant':
      return toWireAssistant(message, profile, scope);
    case 'developer':
    case 'system': {
      const content = removeEmptyParts(message.content, profile);
      if (content === '') return undefined;
      const role = chooseSystemRole(message, profile, scope);
      if (role === message.role && content === message.content) return withoutName<Message>(message, profile);
      return withoutName({ ...message, role, content } as Message, profile); // Each of the three roles allows this content.
    }
    case 'user': {
      const content = fillContent(message.content, profile);
      return withoutName(content === message.content ? message : { ...message, content }, profile);
    }
    case 'tool': {
      const content = fillContent(message.content, profile);
      const id = scope.ids?.toWireId(message.tool_call_id) ?? message.tool_call_id;
      if (content === message.content && id === message.tool_call_id) return message;
      return { ...message, content, tool_call_id: id };
    }
    case 'function':
      return message;
  }
  // JavaScript callers and stores may pass an unknown role: the server reports the error.
  return message;
}

function chooseSystemRole(
  { role }: { readonly role: 'system' | 'developer' },
  { systemMessages, developerRole }: Profile,
  { previousRole }: WireScope,
): Message['role'] {
  if (!isSystemAllowed(systemMessages, previousRole)) return 'user';
  return developerRole ? role : 'system';
}

function isSystemAllowed(place: Profile['systemMessages'], previousRole: string | undefined): boolean {
  if (place === 'anywhere' || previousRole === undefined) return true;
  return place === 'leading' && (previousRole === 'system' || previousRole === 'developer');
}

function withoutName<T extends Message>(message: T, { messageNames }: Profile): T {
  if (!('name' in message) || (messageNames && message.name)) return message;
  const { name: _, ...rest } = message;
  return rest as object as T; // The name is optional in these roles.
}

function toWireAssistant(
  message: AssistantMessage,
  profile: Profile,
  { ids, isWithTools }: WireScope,
): AssistantMessage | undefined {
  // Some stores turn missing calls into `null`.
  const calls = message.tool_calls ?? [];
  const legacy = message.function_call?.name ? message.function_call : undefined;
  const hasCalls = calls.length > 0 || legacy !== undefined;
  const fields = collectFields(message, profile);
  const hasFields = Object.keys(fields).some((name) => name !== 'name');
  const content = chooseAssistantContent(message, { profile, hasCalls, hasFields });
  if (content === undefined) return undefined;
  return {
    role: 'assistant',
    content,
    ...(isWithTools && profile.requiredWithTools),
    ...(hasCalls && profile.requiredWithToolCalls),
    ...fields,
    ...(legacy && { function_call: withWellFormedArguments(legacy) }),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => toWireCall(call, profile, ids)) }),
  };
}

interface ContentScope {
  readonly profile: Profile;
  readonly hasCalls: boolean;
  readonly hasFields: boolean;
}

/** Returns `undefined` if the message is empty. With calls, the content is never omitted: some servers fail without the key. */
function chooseAssistantContent(
  { content, refusal, audio }: AssistantMessage,
  { profile, hasCalls, hasFields }: ContentScope,
): AssistantMessage['content'] {
  const kept = removeEmptyParts(content, profile);
  if (kept !== '') return kept;
  if (hasCalls) return profile.nullContent ? null : '';
  if (!profile.emptyContent) return refusal || undefined;
  if (!hasFields) return undefined;
  // Servers accept `null` only with these two fields.
  return refusal || audio?.id ? (content === '' ? '' : null) : '';
}

/** Collects the fields except content and calls. */
function collectFields(message: AssistantMessage, profile: Profile): object {
  const { audio, refusal } = message;
  const fields: Record<string, unknown> = {};
  // Other servers get the refusal as content, if there is no other content.
  if (refusal && profile.emptyContent) fields['refusal'] = refusal;
  for (const [name, value] of Object.entries(message)) {
    if (!HANDLED_FIELDS.has(name) && isPassedOn(name, profile) && !isPadding(value)) fields[name] = value;
  }
  if (profile.reasoningFields.length > 0) Object.assign(fields, collectReasoningFields(message, profile));
  // A response has the audio itself; a request may contain only its id.
  if (audio?.id) fields['audio'] = { id: audio.id };
  return fields;
}

/** Fields with a rule of their own, which are not copied. `__proto__` would set the prototype. */
const HANDLED_FIELDS: ReadonlySet<string> = new Set([
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

/** Returns the reasoning under the names that the server knows. */
function collectReasoningFields(message: object, { reasoningFields }: Profile): object {
  const text = readReasoning({ ...message });
  return text === '' ? {} : Object.fromEntries(reasoningFields.map((name) => [name, text]));
}

function toWireCall(original: ToolCall, profile: Profile, ids: ToolCallIds | undefined): ToolCall {
  const call = withKnownFields(
    original.type === 'custom' && !profile.customTools ? asFunctionCall(original) : original,
    profile,
  );
  const id = ids?.toWireId(call.id) ?? call.id;
  if (call.type !== 'function') return id === call.id ? call : { ...call, id };
  const functionCall = withWellFormedArguments(call.function);
  return id === call.id && functionCall === call.function ? call : { ...call, id, function: functionCall };
}

function withKnownFields(call: ToolCall, { passthroughFields }: Profile): ToolCall {
  const fields: Readonly<Record<string, unknown>> = { ...call };
  const isKept = (name: string): boolean =>
    (CALL_FIELDS.has(name) || passthroughFields === 'all' || passthroughFields.includes(name)) &&
    !isPadding(fields[name]);
  const names = Object.keys(fields);
  if (names.every(isKept)) return call;
  return Object.fromEntries(names.filter(isKept).map((name) => [name, fields[name]])) as object as ToolCall; // Only fields outside the type are removed.
}

const CALL_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'function', 'custom']);

/** Arguments may contain half a surrogate pair as an escape, which fails when the server parses them. */
function withWellFormedArguments<T extends Pick<FunctionToolCall['function'], 'arguments'>>(functionCall: T): T {
  if (typeof functionCall?.arguments !== 'string') return functionCall;
  const text = toWellFormedJson(functionCall.arguments);
  return text === functionCall.arguments ? functionCall : { ...functionCall, arguments: text };
}
