import { stringifyWellFormed } from '../base/well-formed.ts';
import type { DeveloperMessage, Message, SystemMessage, TextPart } from '../chat/message.ts';
import type { Profile } from './profile.ts';
import { ToolCallIds } from './tool-call-ids.ts';
import { wireMessage } from './wire-message.ts';

export interface WireMessagesOptions {
  readonly profile: Profile;
  /** Whether the requests have tools, or the conversation has tool calls. */
  readonly isWithTools: boolean;
}

/** The messages of a run's conversation as one kind of server takes them: each in its form, in an order that is accepted. */
export class WireMessages {
  readonly #profile: Profile;
  readonly #isWithTools: boolean;
  readonly #ids: ToolCallIds | undefined;
  readonly #system = new SystemMessages();
  readonly #bytes = new MessageBytes((message, previousRole) => this.#json(message, previousRole));

  constructor({ profile, isWithTools }: WireMessagesOptions) {
    this.#profile = profile;
    this.#isWithTools = isWithTools;
    this.#ids = profile.toolCallIds === 'any' ? undefined : new ToolCallIds(profile.toolCallIds);
  }

  /** Joined by commas. What was returned before stays valid. */
  bytes(messages: readonly Message[]): readonly Uint8Array[] {
    const isJoined = this.#profile.systemMessages === 'first';
    const { bytes, lastRole } = this.#bytes.of(isJoined ? this.#system.joined(messages) : messages);
    return lastRole === 'assistant' && !this.#profile.assistantLast ? [bytes, BEHIND_ASSISTANT] : [bytes];
  }

  #json(message: Message, previousRole: string | undefined): MessageJson | undefined {
    const sent = wireMessage(message, this.#profile, { ids: this.#ids, isWithTools: this.#isWithTools, previousRole });
    if (sent === undefined) return undefined;
    const between = messageBetween(previousRole, sent.role, this.#profile.roleOrder);
    const json = stringifyWellFormed(sent);
    return { json: between === undefined ? json : `${between},${json}`, role: sent.role };
  }
}

/** The JSON of a message that has to stand between two others. Constant, so that the bytes of a conversation only grow. */
function messageBetween(previous: string | undefined, next: string, order: Profile['roleOrder']): string | undefined {
  switch (order) {
    case 'any':
      return undefined;
    case 'assistant-after-tool':
      return previous === 'tool' && !AFTER_TOOL.has(next) ? ASSISTANT : undefined;
    case 'alternating':
      if (next === 'assistant') return previous === 'user' || previous === 'tool' ? undefined : USER;
      return next === 'user' && (previous === 'user' || previous === 'tool') ? ASSISTANT : undefined;
  }
}

const AFTER_TOOL: ReadonlySet<string> = new Set(['tool', 'assistant']);

const ASSISTANT = JSON.stringify({ role: 'assistant', content: 'Understood.' });
const USER = JSON.stringify({ role: 'user', content: 'Continue.' });
const BEHIND_ASSISTANT = new TextEncoder().encode(`,${USER}`);

type System = SystemMessage | DeveloperMessage;

/** The system messages at the beginning of a conversation joined into one, for servers that take no second one. */
class SystemMessages {
  /** The message that was made last: the same one for the next request, so that its bytes are found again. */
  #joined: { readonly parts: readonly System[]; readonly message: System } | undefined;

  joined(messages: readonly Message[]): readonly Message[] {
    const [first, second] = messages;
    if (!isSystem(first) || !isSystem(second)) return messages;
    const end = messages.findIndex((message) => !isSystem(message));
    const parts = messages.slice(0, end === -1 ? undefined : end).filter(isSystem);
    const known = this.#joined;
    const isKnown = known?.parts.length === parts.length && parts.every((part, at) => part === known.parts[at]);
    const message = isKnown ? known.message : { ...first, content: joinedContent(parts) };
    this.#joined = { parts, message };
    return [message, ...messages.slice(parts.length)];
  }
}

function isSystem(message: Message | undefined): message is System {
  return message?.role === 'system' || message?.role === 'developer';
}

function joinedContent(parts: readonly System[]): System['content'] {
  const contents = parts.map(({ content }) => content).filter((content) => content?.length > 0);
  const texts = contents.filter((content) => typeof content === 'string');
  if (texts.length === contents.length) return texts.join('\n\n');
  return contents.flatMap((content): readonly TextPart[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  );
}

/** A message as JSON, or several that are joined by commas. */
interface MessageJson {
  readonly json: string;
  /** Of the last message in it. */
  readonly role: string;
}

/** Writes a message behind one of another role, the first one behind none. `undefined`: the message is left out. */
type WriteMessage = (message: Message, previousRole: string | undefined) => MessageJson | undefined;

/** The messages of a conversation, and the role of the last one that is in them. */
interface WrittenMessages {
  readonly bytes: Uint8Array;
  readonly lastRole: string | undefined;
}

/**
 * The messages of a run's conversation as they stand in a request's body, joined by commas.
 *
 * A conversation grows from request to request: what was written once stays where it is, and only what is new is made into JSON and
 * encoded. It is held by the run, and goes with it: from a map with weak keys, it would go only with the collection of all memory.
 */
export class MessageBytes {
  readonly #write: WriteMessage;
  /** What was asked last comes first: beside the conversation itself, what middleware asks in between. */
  #known: readonly Written[] = [];

  constructor(write: WriteMessage) {
    this.#write = write;
  }

  of(messages: readonly Message[]): WrittenMessages {
    if (messages.length === 0) return NOTHING;
    const written = this.#writtenFor(messages);
    for (const message of messages.slice(written.count)) written.add(message, this.#write(message, written.lastRole));
    return written.upTo(messages.length);
  }

  /** What differs in between is written anew: a request may be under way with the bytes that are there. */
  #writtenFor(messages: readonly Message[]): Written {
    const [first] = messages;
    const known =
      this.#known.find((each) => each.first === first) ?? this.#known.find((each) => this.#isLike(each, first));
    const written = known?.agreesWith(messages) === true ? known : new Written();
    if (written !== this.#known[0]) {
      this.#known = [written, ...this.#known.filter((each) => each !== known)].slice(0, MOST_KNOWN);
    }
    return written;
  }

  /** The first message may be made anew for each request, with what a profile adds to it. */
  #isLike({ first }: Written, message: Message | undefined): boolean {
    if (first === undefined || message?.role !== first.role) return false;
    return this.#write(message, undefined)?.json === this.#write(first, undefined)?.json;
  }
}

const MOST_KNOWN = 4;

const NO_BYTES = new Uint8Array();
const NOTHING: WrittenMessages = { bytes: NO_BYTES, lastRole: undefined };
const encoder = new TextEncoder();

/** Bytes that only grow. */
class Written {
  readonly #messages: Message[] = [];
  /** Where each one ends; one that is left out ends where the one before does. */
  readonly #ends: number[] = [];
  /** Of what was written last, up to each one. */
  readonly #roles: (string | undefined)[] = [];
  #bytes = NO_BYTES;

  get first(): Message | undefined {
    return this.#messages[0];
  }

  get count(): number {
    return this.#messages.length;
  }

  /** Whether one of both is the beginning of the other, their first messages being alike. */
  agreesWith(messages: readonly Message[]): boolean {
    const most = Math.min(messages.length, this.#messages.length);
    for (let at = 1; at < most; at++) if (messages[at] !== this.#messages[at]) return false;
    return true;
  }

  get lastRole(): string | undefined {
    return this.#roles.at(-1);
  }

  upTo(count: number): WrittenMessages {
    return { bytes: this.#bytes.subarray(0, this.#ends[count - 1] ?? 0), lastRole: this.#roles[count - 1] };
  }

  add(message: Message, written: MessageJson | undefined): void {
    const start = this.#ends.at(-1) ?? 0;
    this.#messages.push(message);
    this.#ends.push(
      written === undefined ? start : this.#append(start === 0 ? written.json : `,${written.json}`, start),
    );
    this.#roles.push(written === undefined ? this.lastRole : written.role);
  }

  /** Gives the end of the text. */
  #append(text: string, start: number): number {
    let end = start;
    for (let from = 0; from < text.length; ) {
      this.#reserve(end + text.length - from);
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), this.#bytes.subarray(end));
      from += read;
      end += written;
      // What takes more bytes than characters wants more room.
      if (from < text.length) this.#reserve(end + (text.length - from) * MOST_BYTES);
    }
    return end;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const growth = length < MANY ? STEEP_GROWTH : GROWTH;
    const larger = new Uint8Array(Math.max(LEAST, Math.ceil(length * growth)));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** UTF-8 takes three bytes at the most for what is one unit of a string. */
const MOST_BYTES = 3;
const GROWTH = 1.5;
/** Of a short conversation: another turn is the rule, and a new place for the bytes costs more than the room. */
const STEEP_GROWTH = 3;
const MANY = 8 * 1024;
const LEAST = 512;
