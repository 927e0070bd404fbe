import type { Event, Message, RunAgentInput } from '@ag-ui/core';
import { type AgUiEvent, type AgUiMessage, type AgUiRequest, toAgUiMessages } from '@pawl/serve/encode';
import { expectTypeOf, test } from 'vitest';

/** An event of the protocol with the name of its type, in place of the member of an enum. */
type Named<E extends { type: string }> = E extends unknown ? Omit<E, 'type'> & { type: `${E['type']}` } : never;

test('events and messages are those of the protocol', () => {
  expectTypeOf<AgUiEvent>().toExtend<Named<Event>>();
  expectTypeOf<AgUiMessage>().toExtend<Message>();
  const messages: Message[] = toAgUiMessages([]);
  expectTypeOf(messages).toEqualTypeOf<Message[]>();
  expectTypeOf<NonNullable<RunAgentInput['resume']>[number]['status']>().toEqualTypeOf<
    AgUiRequest['resume'][number]['status']
  >();
});

test('an event of another shape is none of the protocol', () => {
  expectTypeOf<{ type: 'TEXT_MESSAGE_END'; id: string }>().not.toExtend<Named<Event>>();
  expectTypeOf<{ type: 'TEXT_MESSAGE_ENDED'; messageId: string }>().not.toExtend<Named<Event>>();
});
