import { checkOptions, type OptionTable } from '@pawl/core';
import type { Json, UserMessage, UserPart } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { createInvalidError, createUnsupportedError } from '../problem.ts';
import { quote } from '../read-json.ts';

/** What a page sends: https://ai-sdk.dev/docs/ai-sdk-ui/transport. */
export interface UiRequest {
  /** The id of the chat. */
  readonly chatId: string;
  /** The user's messages, in order. Messages of the model are never read from a page: the store has them. */
  readonly messages: readonly UserMessage[];
  /** Whether the last message of the page is the user's: a message to send. */
  readonly hasNewMessage: boolean;
  /** Whether the last one of `messages` replaces the stored one at that place, with everything after it: an edit, or `regenerate`. */
  readonly isRewrite: boolean;
  /** What the last message of the model has of answers to pending calls. The run decides which of them it waits for. */
  readonly answers: readonly UiAnswer[];
}

/** An answer of the page, by the wire id of the call. Arguments are never read from a page. */
export type UiAnswer =
  | {
      readonly type: 'approve' | 'deny';
      readonly toolCallId: string;
      /** The fingerprint that the page was shown. Absent if the page's `ai` is too old to keep it. */
      readonly signature?: string;
      readonly reason?: string;
    }
  /** The result of a tool that the page executes. */
  | { readonly type: 'result'; readonly toolCallId: string; readonly value: Json }
  | { readonly type: 'error'; readonly toolCallId: string; readonly reason: string };

export interface UiRequestOptions {
  /** How many messages a request may have. @defaultValue 1_000 */
  readonly maxMessages?: number;
  /** Whether files may be web addresses, which the model's server fetches, or data URLs only. @defaultValue 'any' */
  readonly mediaUrls?: 'any' | 'data-only';
  /** Whether system messages of the page are left out, or refused. @defaultValue 'ignore' */
  readonly callerInstructions?: 'ignore' | 'reject';
}

/**
 * Reads the body of a POST of `useChat`.
 *
 * @throws HttpProblem 400 that names the field; ConfigError for an unknown option
 */
export function readUiRequest(body: unknown, options: UiRequestOptions = {}): UiRequest {
  const {
    maxMessages = 1_000,
    mediaUrls = 'any',
    callerInstructions = 'ignore',
  } = checkOptions(options, UI_REQUEST, 'readUiRequest()');
  if (!isRecord(body)) throw createInvalidError('The body is not an object. Send what useChat sends.', 'body');
  const { id, trigger = 'submit-message', messageId, messages: list, message } = body;
  if (typeof id !== 'string' || id === '' || id.length > 255) {
    throw createInvalidError('id is not a text of 1 to 255 characters. Send the id of the chat.', 'id');
  }
  if (trigger !== 'submit-message' && trigger !== 'regenerate-message') {
    throw createInvalidError(`trigger is ${quote(trigger)}. Send "submit-message" or "regenerate-message".`, 'trigger');
  }
  const given = list === undefined && message !== undefined ? [message] : list;
  if (!Array.isArray(given) || given.length === 0) {
    throw createInvalidError('messages is not a list with a message. Send the messages of the chat.', 'messages');
  }
  if (given.length > maxMessages) {
    throw createInvalidError(`messages has ${given.length} messages. Send at most ${maxMessages}.`, 'messages');
  }
  const read = given.map((each: unknown, index) => readMessage(each, `messages[${index}]`));
  const instructions = callerInstructions === 'reject' ? read.find(({ role }) => role === 'system') : undefined;
  if (instructions !== undefined) {
    throw createUnsupportedError(
      `${instructions.place} is a system message. The agent has its own.`,
      instructions.place,
    );
  }
  const last = read.at(-1);
  const messages = listUserMessages(read, mediaUrls);
  const isRewrite =
    trigger === 'regenerate-message' || read.some((each) => each.role === 'user' && each.id === messageId);
  if (isRewrite && messages.length === 0) {
    throw createInvalidError('messages has no message of the user. Send all messages of the chat.', 'messages');
  }
  const answered = read.findLast(
    ({ role, id: own }) => role === 'assistant' && (own === messageId || messageId === undefined),
  );
  const answers = isRewrite ? [] : readAnswers(answered ?? read.findLast(({ role }) => role === 'assistant'));
  return { chatId: id, messages, hasNewMessage: last?.role === 'user' || isRewrite, isRewrite, answers };
}

const UI_REQUEST: OptionTable<UiRequestOptions> = {
  keys: {
    maxMessages: 'number',
    mediaUrls: { any: true, 'data-only': true },
    callerInstructions: { ignore: true, reject: true },
  },
};

interface GivenMessage {
  readonly id: unknown;
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Readonly<Record<string, unknown>>[];
  /** Where the message is in the body. */
  readonly place: string;
}

function readMessage(message: unknown, place: string): GivenMessage {
  if (!isRecord(message)) throw createInvalidError(`${place} is not an object.`, place);
  const { id, role, parts } = message;
  if (role !== 'system' && role !== 'user' && role !== 'assistant') {
    throw createInvalidError(`${place}.role is ${quote(role)}. Send "user", "assistant" or "system".`, `${place}.role`);
  }
  if (!Array.isArray(parts) || !parts.every(isRecord)) {
    throw createInvalidError(`${place}.parts is not a list of parts. Send UIMessages of ai 6 or 7.`, `${place}.parts`);
  }
  return { id, role, parts, place };
}

/**
 * Lists what the user wrote. A page can have a message twice that the run got while it worked: as a part of the model's message, and as the message
 * after it. That is one message, unless it is the last one, which is new.
 */
function listUserMessages(
  messages: readonly GivenMessage[],
  mediaUrls: UiRequestOptions['mediaUrls'],
): readonly UserMessage[] {
  const listed: UserMessage[] = [];
  let inside: readonly UserMessage[] = [];
  for (const [index, { role, parts, place }] of messages.entries()) {
    if (role === 'assistant') {
      inside = parts.flatMap((part, at) => readSteeringPart(part, { place: `${place}.parts[${at}].parts`, mediaUrls }));
      listed.push(...inside);
    }
    if (role !== 'user') continue;
    const message = readUserMessage(parts, { place: `${place}.parts`, mediaUrls });
    const [first, ...rest] = inside;
    const isShownTwice = index < messages.length - 1 && JSON.stringify(first) === JSON.stringify(message);
    inside = isShownTwice ? rest : [];
    if (!isShownTwice) listed.push(message);
  }
  return listed;
}

function readSteeringPart(part: Readonly<Record<string, unknown>>, context: PartContext): readonly UserMessage[] {
  const { type, parts, data } = part;
  const own = type === 'data-steering-message' && isRecord(data) ? data['parts'] : parts;
  if (!STEERING.has(type) || !Array.isArray(own) || !own.every(isRecord)) return [];
  return [readUserMessage(own, context)];
}

const STEERING: ReadonlySet<unknown> = new Set(['steering-message', 'data-steering-message']);

interface PartContext {
  readonly place: string;
  readonly mediaUrls: UiRequestOptions['mediaUrls'];
}

function readUserMessage(given: readonly Readonly<Record<string, unknown>>[], context: PartContext): UserMessage {
  const parts = given.flatMap((part, index) => readPart(part, { ...context, place: `${context.place}[${index}]` }));
  const [first, ...others] = parts;
  if (first === undefined) {
    throw createInvalidError(
      `${context.place} has neither text nor files. Send a message with content.`,
      context.place,
    );
  }
  return { role: 'user', content: first.type === 'text' && others.length === 0 ? first.text : parts };
}

/** Parts that a page keeps for itself, such as data, are not for the model. */
function readPart(part: Readonly<Record<string, unknown>>, { place, mediaUrls }: PartContext): readonly UserPart[] {
  const { type, text, mediaType, url, filename } = part;
  if (type === 'text') {
    if (typeof text !== 'string') throw createInvalidError(`${place}.text is not a text.`, `${place}.text`);
    return text === '' ? [] : [{ type: 'text', text }];
  }
  if (type !== 'file') return [];
  if (typeof url !== 'string' || typeof mediaType !== 'string') {
    throw createInvalidError(`${place} is a file without url and mediaType.`, place);
  }
  const isData = url.startsWith('data:');
  if (!isData && (mediaUrls === 'data-only' || !/^https?:\/\//i.test(url))) {
    throw createInvalidError(`${place}.url is not accepted. Send the content as a data URL.`, `${place}.url`);
  }
  if (/^image(\/|$)/.test(mediaType)) return [{ type: 'image_url', image_url: { url } }];
  if (!isData)
    throw createUnsupportedError(`${place}.url: only images may be web addresses. Send a data URL.`, `${place}.url`);
  const content = url.slice(url.indexOf(',') + 1);
  const format = /^audio\/(mpeg|mp3|wav|x-wav)$/.exec(mediaType)?.[1];
  if (format !== undefined) {
    return [{ type: 'input_audio', input_audio: { data: content, format: format.startsWith('mp') ? 'mp3' : 'wav' } }];
  }
  return [{ type: 'file', file: { file_data: url, ...(typeof filename === 'string' && { filename }) } }];
}

function readAnswers(message: GivenMessage | undefined): readonly UiAnswer[] {
  return (message?.parts ?? []).flatMap((part): readonly UiAnswer[] => {
    const { type, toolCallId, state, approval, output, errorText } = part;
    const isCall = type === 'dynamic-tool' || (typeof type === 'string' && type.startsWith('tool-'));
    if (!isCall || typeof toolCallId !== 'string') return [];
    if (state === 'approval-responded' && isRecord(approval) && typeof approval['approved'] === 'boolean') {
      const { approved, signature, reason } = approval;
      return [
        {
          type: approved === true ? 'approve' : 'deny',
          toolCallId,
          ...(typeof signature === 'string' && { signature }),
          ...(typeof reason === 'string' && { reason }),
        },
      ];
    }
    // It was parsed from JSON.
    if (state === 'output-available') return [{ type: 'result', toolCallId, value: (output ?? null) as Json }];
    if (state === 'output-error')
      return [{ type: 'error', toolCallId, reason: String(errorText ?? 'The page failed.') }];
    return [];
  });
}
