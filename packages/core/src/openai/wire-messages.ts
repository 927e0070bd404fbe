import { stringifyWellFormed } from '../base/well-formed.ts';
import type { DeveloperMessage, Message, SystemMessage, TextPart } from '../chat/message.ts';
import { MessageBytes, type MessageJson } from './message-bytes.ts';
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
