import type { Message } from '@pawl/core/chat';
import type { Random } from '../loop/random.ts';

/** A valid conversation of messages of every role and form, which ends with the user or with results. Each text is found nowhere else. */
export function generateConversation(random: Random): readonly Message[] {
  const messages: Message[] = [];
  let count = 0;
  const createText = (): string => `word${count++} ${'🎉 word '.repeat(random(4) === 0 ? random(300) : random(8))}.`;
  const addInstructions = (): void => {
    if (random(4) === 0) messages.push({ role: random(2) === 0 ? 'system' : 'developer', content: createText() });
  };
  addInstructions();
  messages.push(createUserMessage(random, createText));
  for (let turn = random(14); turn > 0; turn--) {
    addInstructions();
    if (random(3) > 0) messages.push(...createCalls(random, { turn, createText }));
    else messages.push(createAnswerMessage(random, createText), createUserMessage(random, createText));
    if (random(6) === 0) messages.push(createUserMessage(random, createText));
  }
  return messages;
}

type Text = () => string;

function createUserMessage(random: Random, createText: Text): Message {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
  if (random(5) > 0) return { role: 'user', content: createText(), ...(random(4) === 0 && { name: 'ada' }) };
  return { role: 'user', content: [{ type: 'text', text: createText() }, image] };
}

function createAnswerMessage(random: Random, createText: Text): Message {
  switch (random(6)) {
    case 0:
      return { role: 'assistant', content: [{ type: 'text', text: createText() }] };
    case 1:
      return { role: 'assistant', content: null, refusal: createText() };
    default:
      return { role: 'assistant', content: createText() };
  }
}

function createCalls(
  random: Random,
  { turn, createText }: { readonly turn: number; readonly createText: Text },
): readonly Message[] {
  const calls = Array.from({ length: 1 + random(3) }, (_, index) => {
    const id = `call_${turn}_${index}`;
    if (random(4) === 0) return { id, type: 'custom', custom: { name: 'write', input: createText() } } as const;
    return {
      id,
      type: 'function',
      function: { name: 'read', arguments: JSON.stringify({ of: createText() }) },
    } as const;
  });
  const results = calls.map(({ id }): Message => {
    const content = random(5) === 0 ? [{ type: 'text' as const, text: createText() }] : createText();
    return { role: 'tool', tool_call_id: id, content };
  });
  const parts: Message = {
    role: 'user',
    content: [
      { type: 'text', text: `From read (${calls[0]?.id}):` },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ],
  };
  const asked: Message = { role: 'assistant', content: random(2) === 0 ? null : createText(), tool_calls: calls };
  return [asked, ...results, ...(random(5) === 0 ? [parts] : [])];
}

/** The text of each message of a role, which shows where the message is found again. */
export function findFirstWords(messages: readonly Message[], roles: readonly Message['role'][]): readonly string[] {
  return messages
    .filter(({ role }) => roles.includes(role))
    .flatMap((message) => /word\d+ /.exec(JSON.stringify(message.content))?.[0] ?? []);
}
