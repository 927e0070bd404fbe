import type { Message, ToolCall } from '@pawl/core/chat';
import type { JSX } from 'preact';
import type { MessageOrigin } from '../view/fold-turn.ts';
import { JsonView } from './json-view.tsx';
import { Badge } from './status.tsx';
import { LongText, Text } from './text.tsx';

const ORIGINS: Readonly<Record<MessageOrigin, string>> = {
  input: '',
  model: '',
  tool: '',
  steering: 'steering',
  reprompt: 'asked again by Pawl',
  limit: 'limit is near',
  warning: 'repeated failure',
  interruption: 'written while calls waited',
  middleware: 'by middleware',
  handoff: 'by the handoff',
};

interface MessageProps {
  readonly message: Message;
  readonly origin?: MessageOrigin;
  readonly turn?: number;
}

/** A message of a conversation, as the model gets it. */
export function MessageView({ message, origin = 'input', turn = 0 }: MessageProps): JSX.Element {
  const calls = 'tool_calls' in message ? (message.tool_calls ?? []) : [];
  const id = 'tool_call_id' in message ? message.tool_call_id : undefined;
  return (
    <li class={`message message-${message.role}`}>
      <header>
        <span class="role">{message.role}</span>
        {id !== undefined && (
          <code>
            <Text value={id} />
          </code>
        )}
        {ORIGINS[origin] !== '' && <Badge kind="accent">{ORIGINS[origin]}</Badge>}
        {turn > 0 && <span class="dim">turn {turn}</span>}
      </header>
      <Content content={message.content} />
      {calls.map((call) => (
        <p class="call-line" key={call.id}>
          <CallText call={call} />
        </p>
      ))}
    </li>
  );
}

/** A call in one line: its name and its arguments as the model wrote them. */
export function CallText({ call }: { readonly call: ToolCall }): JSX.Element {
  const [name, text] =
    call.type === 'custom' ? [call.custom.name, call.custom.input] : [call.function.name, call.function.arguments];
  return (
    <>
      <strong>
        <Text value={name} />
      </strong>{' '}
      <code>
        <Text value={text.slice(0, 500)} />
      </code>
    </>
  );
}

/** The content of a message: text, or parts. Images are not loaded: they may be on another machine. */
export function Content({ content }: { readonly content: Message['content'] }): JSX.Element | null {
  if (content === null || content === undefined || content === '') return null;
  if (typeof content === 'string') return <LongText value={content} label="Text of the message" />;
  return (
    <>
      {content.map((part, index) =>
        part.type === 'text' ? (
          <LongText key={String(index)} value={part.text} label="Text of the message" />
        ) : (
          <JsonView key={String(index)} value={part} label={`Part ${part.type}`} open={1} />
        ),
      )}
    </>
  );
}
