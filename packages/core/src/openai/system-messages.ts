import type { DeveloperMessage, Message, SystemMessage, TextPart } from '../chat/message.ts';

type System = SystemMessage | DeveloperMessage;

/** The system messages at the beginning of a conversation joined into one, for servers that take no second one. */
export class SystemMessages {
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
