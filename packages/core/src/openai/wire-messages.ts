import { stringifyWellFormed } from '../base/well-formed.ts';
import type { DeveloperMessage, Message, SystemMessage, TextPart } from '../chat/message.ts';
import type { Profile } from './profile.ts';
import { ToolCallIds } from './tool-call-ids.ts';
import { toWireMessage } from './wire-message.ts';

export interface WireMessagesOptions {
  readonly profile: Profile;
  /** Whether the requests have tools, or the conversation has tool calls. */
  readonly isWithTools: boolean;
}

/** Converts the messages of a run's conversation to the form and order that a server accepts. */
export class WireMessages {
  readonly #profile: Profile;
  readonly #isWithTools: boolean;
  readonly #ids: ToolCallIds | undefined;
  readonly #system = new SystemMessageJoiner();
  readonly #bytes = new MessageBytes((message, previousRole) => this.#toJson(message, previousRole));

  constructor({ profile, isWithTools }: WireMessagesOptions) {
    this.#profile = profile;
    this.#isWithTools = isWithTools;
    this.#ids = profile.toolCallIds === 'any' ? undefined : new ToolCallIds(profile.toolCallIds);
  }

  /** Returns the JSON of the messages, joined by commas. Earlier results stay valid. */
  toBytes(messages: readonly Message[]): readonly Uint8Array[] {
    const isJoined = this.#profile.systemMessages === 'first';
    const { bytes, lastRole } = this.#bytes.encode(isJoined ? this.#system.join(messages) : messages);
    return lastRole === 'assistant' && !this.#profile.assistantLast ? [bytes, CONTINUE_BYTES] : [bytes];
  }

  #toJson(message: Message, previousRole: string | undefined): MessageJson | undefined {
    const sent = toWireMessage(message, this.#profile, {
      ids: this.#ids,
      isWithTools: this.#isWithTools,
      previousRole,
    });
    if (sent === undefined) return undefined;
    const filler = chooseFillerMessage(previousRole, sent.role, this.#profile.roleOrder);
    const json = stringifyWellFormed(sent);
    return { json: filler === undefined ? json : `${filler},${json}`, role: sent.role };
  }
}

/** Returns the JSON of the message that must be inserted between two roles. It is constant, so that the bytes of a conversation only grow. */
function chooseFillerMessage(
  previous: string | undefined,
  next: string,
  order: Profile['roleOrder'],
): string | undefined {
  switch (order) {
    case 'any':
      return undefined;
    case 'assistant-after-tool':
      return previous === 'tool' && !AFTER_TOOL.has(next) ? ASSISTANT_FILLER : undefined;
    case 'alternating':
      if (next === 'assistant') return previous === 'user' || previous === 'tool' ? undefined : USER_FILLER;
      return next === 'user' && (previous === 'user' || previous === 'tool') ? ASSISTANT_FILLER : undefined;
  }
}

const AFTER_TOOL: ReadonlySet<string> = new Set(['tool', 'assistant']);

const ASSISTANT_FILLER = JSON.stringify({ role: 'assistant', content: 'Understood.' });
const USER_FILLER = JSON.stringify({ role: 'user', content: 'Continue.' });
const CONTINUE_BYTES = new TextEncoder().encode(`,${USER_FILLER}`);

type SystemLikeMessage = SystemMessage | DeveloperMessage;

/** Joins the system messages at the beginning of a conversation, for servers that accept only one. */
class SystemMessageJoiner {
  /** The last joined message. The next request gets the same object, so that its bytes are found again. */
  #joined: { readonly parts: readonly SystemLikeMessage[]; readonly message: SystemLikeMessage } | undefined;

  join(messages: readonly Message[]): readonly Message[] {
    const [first, second] = messages;
    if (!isSystem(first) || !isSystem(second)) return messages;
    const end = messages.findIndex((message) => !isSystem(message));
    const parts = messages.slice(0, end === -1 ? undefined : end).filter(isSystem);
    const known = this.#joined;
    const isKnown = known?.parts.length === parts.length && parts.every((part, at) => part === known.parts[at]);
    const message = isKnown ? known.message : { ...first, content: joinContents(parts) };
    this.#joined = { parts, message };
    return [message, ...messages.slice(parts.length)];
  }
}

function isSystem(message: Message | undefined): message is SystemLikeMessage {
  return message?.role === 'system' || message?.role === 'developer';
}

function joinContents(parts: readonly SystemLikeMessage[]): SystemLikeMessage['content'] {
  const contents = parts.map(({ content }) => content).filter((content) => content?.length > 0);
  const texts = contents.filter((content) => typeof content === 'string');
  if (texts.length === contents.length) return texts.join('\n\n');
  return contents.flatMap((content): readonly TextPart[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  );
}

/** The JSON of one message, or of several joined by commas. */
interface MessageJson {
  readonly json: string;
  /** The role of the last message. */
  readonly role: string;
}

/** Converts a message to JSON. The first message has no previous role. Returns `undefined` to omit the message. */
type WriteMessage = (message: Message, previousRole: string | undefined) => MessageJson | undefined;

/** The JSON of messages, and the role of the last one. */
interface EncodedMessages {
  readonly bytes: Uint8Array;
  readonly lastRole: string | undefined;
}

/**
 * Encodes the messages of a run's conversation, joined by commas. Only new messages are encoded: a conversation grows from request to request.
 *
 * The run holds this object. A `WeakMap` would release the bytes only with a full garbage collection.
 */
export class MessageBytes {
  readonly #write: WriteMessage;
  /** The last used buffer is first. Requests of middleware have buffers of their own. */
  #buffers: readonly MessageBuffer[] = [];

  constructor(write: WriteMessage) {
    this.#write = write;
  }

  encode(messages: readonly Message[]): EncodedMessages {
    if (messages.length === 0) return NO_MESSAGES;
    const buffer = this.#findBuffer(messages);
    for (const message of messages.slice(buffer.count)) buffer.add(message, this.#write(message, buffer.lastRole));
    return buffer.sliceUpTo(messages.length);
  }

  /** Returns a new buffer if an earlier message differs: an active request may use the bytes of the old one. */
  #findBuffer(messages: readonly Message[]): MessageBuffer {
    const [first] = messages;
    const known =
      this.#buffers.find((buffer) => buffer.first === first) ??
      this.#buffers.find((buffer) => this.#hasSameStart(buffer, first));
    const buffer = known?.hasSamePrefix(messages) === true ? known : new MessageBuffer();
    if (buffer !== this.#buffers[0]) {
      this.#buffers = [buffer, ...this.#buffers.filter((other) => other !== known)].slice(0, MAX_BUFFERS);
    }
    return buffer;
  }

  /** Compares JSON, because the first message may be a new object for each request. */
  #hasSameStart({ first }: MessageBuffer, message: Message | undefined): boolean {
    if (first === undefined || message?.role !== first.role) return false;
    return this.#write(message, undefined)?.json === this.#write(first, undefined)?.json;
  }
}

const MAX_BUFFERS = 4;

const NO_BYTES = new Uint8Array();
const NO_MESSAGES: EncodedMessages = { bytes: NO_BYTES, lastRole: undefined };
const encoder = new TextEncoder();

/** The bytes of messages, to which more messages are appended. */
class MessageBuffer {
  readonly #messages: Message[] = [];
  /** The end of each message. An omitted message ends where the previous one does. */
  readonly #ends: number[] = [];
  /** The last role in the bytes, up to each message. */
  readonly #roles: (string | undefined)[] = [];
  #bytes = NO_BYTES;

  get first(): Message | undefined {
    return this.#messages[0];
  }

  get count(): number {
    return this.#messages.length;
  }

  /** Whether one list is the beginning of the other. Does not compare the first messages. */
  hasSamePrefix(messages: readonly Message[]): boolean {
    const count = Math.min(messages.length, this.#messages.length);
    for (let at = 1; at < count; at++) if (messages[at] !== this.#messages[at]) return false;
    return true;
  }

  get lastRole(): string | undefined {
    return this.#roles.at(-1);
  }

  sliceUpTo(count: number): EncodedMessages {
    return { bytes: this.#bytes.subarray(0, this.#ends[count - 1] ?? 0), lastRole: this.#roles[count - 1] };
  }

  add(message: Message, json: MessageJson | undefined): void {
    const start = this.#ends.at(-1) ?? 0;
    this.#messages.push(message);
    this.#ends.push(json === undefined ? start : this.#append(start === 0 ? json.json : `,${json.json}`, start));
    this.#roles.push(json === undefined ? this.lastRole : json.role);
  }

  /** Returns the end of the text. */
  #append(text: string, start: number): number {
    let end = start;
    for (let from = 0; from < text.length; ) {
      this.#reserve(end + text.length - from);
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), this.#bytes.subarray(end));
      from += read;
      end += written;
      // The text has characters of several bytes.
      if (from < text.length) this.#reserve(end + (text.length - from) * MAX_BYTES_PER_UNIT);
    }
    return end;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const growth = length < SHORT_BYTES ? STEEP_GROWTH : GROWTH;
    const larger = new Uint8Array(Math.max(MIN_BYTES, Math.ceil(length * growth)));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** UTF-8 has at most 3 bytes per UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
const GROWTH = 1.5;
/** For a short conversation: it usually grows again, and copying costs more than unused memory. */
const STEEP_GROWTH = 3;
const SHORT_BYTES = 8 * 1024;
const MIN_BYTES = 512;
