import { expect, test } from 'vitest';
import { createSender, toSentMessages } from '../../../../test/model/create-sender.ts';
import type { AssistantMessage, Message, UserMessage } from '../chat/message.ts';
import { PROFILES, type ProfileName } from './profiles.ts';

const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } } as const;
const calling: AssistantMessage = { role: 'assistant', content: 'Looking.', tool_calls: [call] };
const image: UserMessage = { role: 'user', content: [{ type: 'text', text: 'From look (call_1):' }] };
const result: Message = { role: 'tool', tool_call_id: 'call_1', content: 'seen' };
const kept = { provider: 'anthropic.messages', parts: [{ type: 'reasoning', text: 'Hm.', signature: 's1' }] };

const before: Message[] = [
  { role: 'user', content: 'Look.' },
  { ...calling, pawl_kept: kept },
  result,
  { ...image, pawl_parts_of: [{ tool_call_id: 'call_1', parts: 1 }] },
];

test.each(Object.keys(PROFILES) as ProfileName[])('sends no field of Pawl to %s', (base) => {
  const plain: Message[] = [{ role: 'user', content: 'Look.' }, calling, result, image];
  expect(toSentMessages({ messages: before }, { base })).toEqual(toSentMessages({ messages: plain }, { base }));
});

test('sends no field of Pawl to a server that gets all other fields', () => {
  const { text } = createSender({ passthroughFields: 'all' });
  expect(text({ messages: before })).not.toContain('pawl_');
});

test('sends a message without such fields as the same object', () => {
  const [sent] = toSentMessages({ messages: [image] }).messages;
  expect(sent).toBe(image);
});
