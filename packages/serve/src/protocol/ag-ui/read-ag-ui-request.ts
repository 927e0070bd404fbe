import { checkOptions, type OptionTable } from '@pawl/core';
import type { Json, Message, ToolObject, UserMessage, UserPart } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { readMessages } from '../chat/read-messages.ts';
import { readTools } from '../chat/read-tools.ts';
import { createInvalidError, createUnsupportedError } from '../problem.ts';
import { isString, quote } from '../read-json.ts';
import type { AgUiMessage } from './ag-ui-event.ts';

/** What an AG-UI client sends: https://docs.ag-ui.com/spec/1.0/basic/run-input. */
export interface AgUiRequest {
  readonly threadId: string;
  readonly runId: string;
  readonly parentRunId?: string;
  /** Absent if the client is older than AG-UI 1.0. */
  readonly protocolVersion?: string;
  /** The messages of the client, as it has them, without activities. */
  readonly messages: readonly AgUiMessage[];
  /** The history for a model: the conversation as the client has it. */
  readonly history: readonly Message[];
  /** The user's messages, in order, with the ids of the client. */
  readonly userMessages: readonly { readonly id: string; readonly message: UserMessage }[];
  /** Whether the last message is the user's. */
  readonly hasNewMessage: boolean;
  /** Tools that the client executes. */
  readonly tools: readonly ToolObject[];
  readonly state: Json;
  readonly context: readonly { readonly description: string; readonly value: string }[];
  readonly forwardedProps?: Json;
  /** Answers to the interrupts of the last run. */
  readonly resume: readonly AgUiResume[];
  /** What this server cannot use and leaves out, such as `messages[2].content[0]`. */
  readonly ignored: readonly string[];
}

export interface AgUiResume {
  readonly interruptId: string;
  readonly status: 'resolved' | 'cancelled';
  readonly payload?: Json;
}

export interface AgUiRequestOptions {
  /** How many messages a request may have. @defaultValue 1_000 */
  readonly maxMessages?: number;
  /** Whether images may be web addresses, which the model's server fetches, or data URLs only. @defaultValue 'any' */
  readonly mediaUrls?: 'any' | 'data-only';
  /** What happens to system messages of the client: they are part of the history, left out, or refused. @defaultValue 'ignore' */
  readonly callerInstructions?: 'append' | 'ignore' | 'reject';
  /** Whether the client may bring tools. @defaultValue 'accept' */
  readonly callerTools?: 'accept' | 'reject';
}

const AG_UI_REQUEST: OptionTable<AgUiRequestOptions> = {
  keys: {
    maxMessages: 'number',
    mediaUrls: { any: true, 'data-only': true },
    callerInstructions: { append: true, ignore: true, reject: true },
    callerTools: { accept: true, reject: true },
  },
};

type Rules = Required<AgUiRequestOptions>;

/**
 * Reads the body of a request, a `RunAgentInput`. Unknown fields are ignored, as the protocol demands.
 *
 * @throws HttpProblem 400 that names the field; ConfigError for an unknown option
 */
export function readAgUiRequest(body: unknown, options: AgUiRequestOptions = {}): AgUiRequest {
  const rules: Rules = {
    maxMessages: 1_000,
    mediaUrls: 'any',
    callerInstructions: 'ignore',
    callerTools: 'accept',
    ...checkOptions(options, AG_UI_REQUEST, 'readAgUiRequest()'),
  };
  if (!isRecord(body)) throw createInvalidError('The body is not an object. Send a RunAgentInput of AG-UI.', 'body');
  const { parentRunId, protocolVersion, state = {}, forwardedProps } = body;
  const given = readList(body, 'messages');
  if (given.length > rules.maxMessages) {
    throw createInvalidError(`"messages" has ${given.length} messages; ${rules.maxMessages} are allowed.`, 'messages');
  }
  const read = given.flatMap((each, index) => readMessage(each, { rules, place: `messages[${index}]` }) ?? []);
  const spoken = read.filter(({ message }) => message !== undefined);
  return {
    threadId: readId(body, 'threadId'),
    runId: readId(body, 'runId'),
    ...(isString(parentRunId) && { parentRunId }),
    ...(isString(protocolVersion) && { protocolVersion }),
    messages: read.map(({ shown }) => shown),
    history: spoken.flatMap(({ message }) => message ?? []),
    userMessages: read.flatMap(({ shown, message }) => (message?.role === 'user' ? [{ id: shown.id, message }] : [])),
    hasNewMessage: spoken.at(-1)?.message?.role === 'user',
    tools: readTools(readList(body, 'tools').map(toToolObject), rules.callerTools),
    state: state as Json, // It was parsed from JSON.
    context: readList(body, 'context').map(readContext),
    ...(forwardedProps !== undefined && forwardedProps !== null && { forwardedProps: forwardedProps as Json }),
    resume: readAnswers(readList(body, 'resume')),
    ignored: read.flatMap(({ ignored }) => ignored),
  };
}

type JsonRecord = Readonly<Record<string, unknown>>;

function readId(body: JsonRecord, name: string): string {
  const id = body[name];
  if (isString(id) && id !== '' && id.length <= 255) return id;
  throw createInvalidError(`"${name}" is ${quote(id)}. Send a text of 1 to 255 characters.`, name);
}

/** An absent list, and one that is null, is an empty one. */
function readList(body: JsonRecord, name: string): readonly unknown[] {
  const list = body[name] ?? [];
  if (Array.isArray(list)) return list;
  throw createInvalidError(`"${name}" is not a list.`, name);
}

interface Place {
  readonly rules: Rules;
  readonly place: string;
}

interface ReadMessage {
  readonly shown: AgUiMessage;
  /** Absent if the model does not read it. */
  readonly message: Message | undefined;
  readonly ignored: readonly string[];
}

function readMessage(value: unknown, { rules, place }: Place): ReadMessage | undefined {
  if (!isRecord(value)) throw createInvalidError(`"${place}" is ${quote(value)}. Send a message of AG-UI.`, place);
  const { id, role } = value;
  if (!isString(id)) throw createInvalidError(`"${place}.id" is missing.`, `${place}.id`);
  const shown = value as unknown as AgUiMessage; // Sent back as it came, and not read but below.
  switch (role) {
    case 'activity':
      return undefined;
    case 'reasoning':
      return { shown, message: undefined, ignored: [] };
    case 'user': {
      const { content, ignored } = readUserContent(value['content'], { rules, place: `${place}.content` });
      return { shown, message: { role, content }, ignored };
    }
    default: {
      const [message] = isSpoken(value, rules)
        ? readMessages([toChatMessage(value)], { ...rules, maxMessages: 1 }, place)
        : [];
      return { shown, message, ignored: [] };
    }
  }
}

/** A message without content, such as one whose stream broke off, tells a model nothing. */
function isSpoken({ role, content, toolCalls }: JsonRecord, { callerInstructions }: Rules): boolean {
  if (role === 'system' || role === 'developer') return callerInstructions !== 'ignore';
  return role !== 'assistant' || (content ?? '') !== '' || (Array.isArray(toolCalls) && toolCalls.length > 0);
}

function toChatMessage({ role, content, toolCalls, toolCallId, error }: JsonRecord): JsonRecord {
  switch (role) {
    case 'assistant':
      return {
        role,
        content: content ?? null,
        ...(Array.isArray(toolCalls) && toolCalls.length > 0 && { tool_calls: toolCalls }),
      };
    case 'tool':
      return { role, tool_call_id: toolCallId, content: toResultText(content, error) };
    default:
      return { role, content };
  }
}

/** A failure is an answer too: its text is the result if there is no other. */
function toResultText(content: unknown, error: unknown): unknown {
  const text = Array.isArray(content)
    ? content.map((part) => (isRecord(part) ? (part['text'] ?? '') : '')).join('')
    : content;
  return (text === '' || text === undefined) && isString(error) ? error : text;
}

interface ReadContent {
  readonly content: string | readonly UserPart[];
  readonly ignored: readonly string[];
}

/** Parts that a model cannot get are left out, as the protocol demands; one that the server's rules forbid is refused. */
function readUserContent(content: unknown, { rules, place }: Place): ReadContent {
  if (isString(content)) return { content, ignored: [] };
  if (!Array.isArray(content))
    throw createInvalidError(`"${place}" is ${quote(content)}. Send a text, or a list of parts.`, place);
  const parts = content.map((part: unknown, index) => readPart(part, { rules, place: `${place}[${index}]` }));
  const ignored = parts.flatMap((part, index) => (part === undefined ? [`${place}[${index}]`] : []));
  const used = parts.filter((part) => part !== undefined);
  const [first, ...others] = used;
  if (first === undefined) {
    throw createInvalidError(
      `"${place}" has no part that a model can get. Send text, images, audio or documents with their data.`,
      place,
    );
  }
  return { content: first.type === 'text' && others.length === 0 ? first.text : used, ignored };
}

function readPart(part: unknown, { rules, place }: Place): UserPart | undefined {
  if (!isRecord(part)) throw createInvalidError(`"${place}" is no part of a message.`, place);
  const { type, text, source } = part;
  if (type === 'text') {
    if (isString(text)) return { type, text };
    throw createInvalidError(`"${place}.text" is not a text.`, `${place}.text`);
  }
  const { type: kind, value, mimeType = '' } = isRecord(source) ? source : {};
  const where = `${place}.source.value`;
  if (!isString(value) || !isString(mimeType)) return undefined;
  if (kind === 'url' && type === 'image') {
    if (rules.mediaUrls === 'any' && /^https?:\/\//i.test(value))
      return { type: 'image_url', image_url: { url: value } };
    throw createUnsupportedError(`"${where}" is not accepted. Send the image as data.`, where);
  }
  // A file that a provider has under an id could be of another tenant.
  if (kind !== 'data') return undefined;
  const url = `data:${mimeType};base64,${value}`;
  const format = /^audio\/(mpeg|mp3|wav|x-wav)$/.exec(mimeType)?.[1];
  if (type === 'image') return { type: 'image_url', image_url: { url } };
  if (type === 'audio') {
    return format === undefined
      ? undefined
      : { type: 'input_audio', input_audio: { data: value, format: format.startsWith('mp') ? 'mp3' : 'wav' } };
  }
  return type === 'document' ? { type: 'file', file: { file_data: url, ...readFilename(part) } } : undefined;
}

function readFilename({ metadata }: JsonRecord): { readonly filename?: string } {
  const name = isRecord(metadata) ? (metadata['filename'] ?? metadata['title']) : undefined;
  return isString(name) ? { filename: name } : {};
}

function toToolObject(tool: unknown): unknown {
  if (!isRecord(tool)) return tool;
  const { name, description, parameters } = tool;
  return { type: 'function', function: { name, description, ...(isRecord(parameters) && { parameters }) } };
}

function readContext(entry: unknown, index: number): AgUiRequest['context'][number] {
  if (isRecord(entry) && isString(entry['description']) && isString(entry['value'])) {
    return { description: entry['description'], value: entry['value'] };
  }
  const place = `context[${index}]`;
  throw createInvalidError(`"${place}" needs the texts "description" and "value".`, place);
}

/** One interrupt has one answer: none of two may win. */
function readAnswers(given: readonly unknown[]): readonly AgUiResume[] {
  const ids = new Set<string>();
  return given.map((entry, index) => {
    const answer = readResume(entry, index);
    const place = `resume[${index}].interruptId`;
    if (ids.has(answer.interruptId)) throw createInvalidError(`"${place}" has an answer before. Send one.`, place);
    ids.add(answer.interruptId);
    return answer;
  });
}

function readResume(entry: unknown, index: number): AgUiResume {
  const place = `resume[${index}]`;
  const { interruptId, status, payload } = isRecord(entry) ? entry : {};
  if (!isString(interruptId)) throw createInvalidError(`"${place}.interruptId" is missing.`, `${place}.interruptId`);
  if (status !== 'resolved' && status !== 'cancelled') {
    throw createInvalidError(
      `"${place}.status" is ${quote(status)}. Send "resolved" or "cancelled".`,
      `${place}.status`,
    );
  }
  return { interruptId, status, ...(payload !== undefined && payload !== null && { payload: payload as Json }) };
}
