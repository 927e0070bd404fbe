import type { Message } from '@pawl/core/chat';
import type { Random } from '../loop/random.ts';

/** A valid conversation of messages of every role and form, which ends with the user or with results. Each text is found nowhere else. */
export function generatedConversation(random: Random): readonly Message[] {
  const messages: Message[] = [];
  let count = 0;
  const text = (): string => `word${count++} ${'🎉 word '.repeat(random(4) === 0 ? random(300) : random(8))}.`;
  const instructions = (): void => {
    if (random(4) === 0) messages.push({ role: random(2) === 0 ? 'system' : 'developer', content: text() });
  };
  instructions();
  messages.push(userMessage(random, text));
  for (let turn = random(14); turn > 0; turn--) {
    instructions();
    if (random(3) > 0) messages.push(...callsAndResults(random, { turn, text }));
    else messages.push(answerMessage(random, text), userMessage(random, text));
    if (random(6) === 0) messages.push(userMessage(random, text));
  }
  return messages;
}

type Text = () => string;

function userMessage(random: Random, text: Text): Message {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
  if (random(5) > 0) return { role: 'user', content: text(), ...(random(4) === 0 && { name: 'ada' }) };
  return { role: 'user', content: [{ type: 'text', text: text() }, image] };
}

function answerMessage(random: Random, text: Text): Message {
  switch (random(6)) {
    case 0:
      return { role: 'assistant', content: [{ type: 'text', text: text() }] };
    case 1:
      return { role: 'assistant', content: null, refusal: text() };
    default:
      return { role: 'assistant', content: text() };
  }
}

function callsAndResults(
  random: Random,
  { turn, text }: { readonly turn: number; readonly text: Text },
): readonly Message[] {
  const calls = Array.from({ length: 1 + random(3) }, (_, index) => {
    const id = `call_${turn}_${index}`;
    if (random(4) === 0) return { id, type: 'custom', custom: { name: 'write', input: text() } } as const;
    return { id, type: 'function', function: { name: 'read', arguments: JSON.stringify({ of: text() }) } } as const;
  });
  const results = calls.map(({ id }): Message => {
    const content = random(5) === 0 ? [{ type: 'text' as const, text: text() }] : text();
    return { role: 'tool', tool_call_id: id, content };
  });
  const parts: Message = {
    role: 'user',
    content: [
      { type: 'text', text: `From read (${calls[0]?.id}):` },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ],
  };
  const asked: Message = { role: 'assistant', content: random(2) === 0 ? null : text(), tool_calls: calls };
  return [asked, ...results, ...(random(5) === 0 ? [parts] : [])];
}

/** The text of each message of a role, which shows where the message is found again. */
export function firstWords(messages: readonly Message[], roles: readonly Message['role'][]): readonly string[] {
  return messages
    .filter(({ role }) => roles.includes(role))
    .flatMap((message) => /word\d+ /.exec(JSON.stringify(message.content))?.[0] ?? []);
}
