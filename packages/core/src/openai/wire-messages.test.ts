import { describe, expect, test } from 'vitest';
import { type Changes, createSender } from '../../../../test/model/create-sender.ts';
import type { Message } from '../chat/message.ts';
import type { ProfileName } from './profiles.ts';

function rolesTo(changes: Changes, messages: readonly Message[]): string {
  const sent = createSender(changes).send({ messages }).messages;
  return sent.map(({ role }) => role).join(' ');
}

const hi: Message = { role: 'user', content: 'Hi.' };
const more: Message = { role: 'user', content: 'More.' };
const answer: Message = { role: 'assistant', content: 'Hello.' };
const silent: Message = { role: 'assistant', content: null };
const called: Message = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'abcdefghi', type: 'function', function: { name: 'look', arguments: '{}' } }],
};
const result: Message = { role: 'tool', tool_call_id: 'abcdefghi', content: 'Seen.' };
const rules: Message = { role: 'system', content: 'Be brief.' };
const ann: Message = { role: 'developer', content: 'The user is Ann.' };

describe('the order of roles', () => {
  test.each<[string, Changes, readonly Message[], string]>([
    ['any', { base: 'openai' }, [hi, called, result, more], 'user assistant tool user'],
    ['after results', { base: 'mistral' }, [hi, called, result, more], 'user assistant tool assistant user'],
    [
      'an empty assistant message after results',
      { base: 'mistral' },
      [called, result, silent, more],
      'assistant tool assistant user',
    ],
    ['an answer after results', { base: 'mistral' }, [called, result, answer, more], 'assistant tool assistant user'],
    [
      'several results',
      { base: 'mistral' },
      [called, result, result, hi, more],
      'assistant tool tool assistant user user',
    ],
    [
      'a system message after results',
      { base: 'mistral' },
      [called, result, rules, more],
      'assistant tool assistant user user',
    ],
    ['alternating users', { roleOrder: 'alternating' }, [rules, hi, more], 'system user assistant user'],
    ['alternating from the start', { roleOrder: 'alternating' }, [answer, hi], 'user assistant user'],
    ['alternating assistants', { roleOrder: 'alternating' }, [hi, answer, answer], 'user assistant user assistant'],
    [
      'alternating after results',
      { roleOrder: 'alternating' },
      [hi, called, result, more],
      'user assistant tool assistant user',
    ],
    ['alternating around an empty message', { roleOrder: 'alternating' }, [hi, silent, more], 'user assistant user'],
    ['an assistant message at the end', { base: 'mistral' }, [hi, answer], 'user assistant user'],
    ['an empty message at the end', { base: 'mistral' }, [hi, silent], 'user'],
    ['an assistant message at the end for another server', { base: 'openai' }, [hi, answer], 'user assistant'],
  ])('%s', (_, changes, messages, roles) => {
    expect(rolesTo(changes, messages)).toBe(roles);
  });

  test('a filler message has text', () => {
    const { messages } = createSender({ base: 'mistral' }).send({ messages: [called, result, more, answer] });
    expect(messages[2]).toEqual({ role: 'assistant', content: 'Understood.' });
    expect(messages.at(-1)).toEqual({ role: 'user', content: 'Continue.' });
  });
});

describe('a server that accepts one system message', () => {
  test.each<ProfileName>(['compatible', 'vllm', 'llamacpp', 'ollama', 'lmstudio', 'litellm', 'qwen'])(
    '%s gets one, as the first message',
    (base) => {
      expect(createSender({ base }).send({ messages: [rules, ann, hi] }).messages).toEqual([
        { role: 'system', content: 'Be brief.\n\nThe user is Ann.' },
        hi,
      ]);
      expect(rolesTo({ base }, [rules, hi, answer, ann, more])).toBe('system user assistant user user');
      expect(rolesTo({ base }, [hi, rules])).toBe('user user');
    },
  );

  test.each<ProfileName>(['openai', 'azure', 'groq', 'deepseek', 'anthropic', 'gemini'])(
    '%s gets all of them',
    (base) => {
      expect(rolesTo({ base, developerRole: false }, [rules, ann, hi, rules])).toBe('system system user system');
    },
  );

  test('joins messages with parts as parts', () => {
    const parts = [{ type: 'text', text: 'Be kind.', prompt_cache_breakpoint: { mode: 'explicit' } }] as const;
    const messages: Message[] = [rules, { role: 'system', content: parts }, { role: 'system', content: '' }, ann, hi];
    expect(createSender().send({ messages }).messages).toEqual([
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.' }, ...parts, { type: 'text', text: 'The user is Ann.' }],
      },
      hi,
    ]);
  });

  test('ignores empty system messages, even if there are no other messages', () => {
    const empty: Message = { role: 'system', content: '' };
    expect(rolesTo({}, [empty, empty, hi])).toBe('user');
    expect(createSender().send({ messages: [empty, rules, hi] }).messages).toEqual([rules, hi]);
    expect(createSender().send({ messages: [rules, ann] }).messages).toHaveLength(1);
  });

  test('includes the instruction for the output', () => {
    const format = { type: 'json_schema', json_schema: { name: 'o', schema: { type: 'object' } } } as const;
    const { messages } = createSender({ responseFormat: 'none' }).send({
      messages: [rules, ann, hi],
      response_format: format,
    });
    expect(messages).toHaveLength(2);
    expect(messages[0]?.['content']).toMatch(/^Be brief\.[\s\S]*JSON Schema[\s\S]*The user is Ann\.$/);
  });
});

describe('an encoded conversation', () => {
  /** Counts how often its JSON is created. */
  function counted(message: object, made: string[], name: string): Message {
    const toJSON = (): object => {
      made.push(name);
      return message;
    };
    return { ...message, toJSON } as object as Message; // JSON.stringify calls it.
  }

  test.each<[string, Changes]>([
    ['with joined system messages', { base: 'vllm' }],
    ['with messages between', { base: 'mistral' }],
    ['with alternating roles', { roleOrder: 'alternating' }],
  ])('is not encoded again for the next request: %s', (_, changes) => {
    const made: string[] = [];
    const user = counted(hi, made, 'first');
    const next = counted(more, made, 'second');
    const { text } = createSender(changes);
    const messages = [rules, ann, user, called, result, next, answer];
    const whole = [3, 4, 5, 6, 7].map((count) => text({ messages: messages.slice(0, count) }));
    expect(made).toEqual(['first', 'second']);
    // The same bytes as a run that sends everything at once.
    expect(whole.at(-1)).toBe(createSender(changes).text({ messages: messages.map((each) => each) }));
  });

  test('is kept for requests with and without tools if their messages differ', () => {
    const made: string[] = [];
    const plain = counted({ role: 'user', content: 'Hi.' }, made, 'user');
    const { send } = createSender({ base: 'deepseek' });
    const tools = [{ type: 'function', function: { name: 'look' } }] as const;
    const messages = [plain, answer];
    const [one, other, again] = [send({ messages, tools }), send({ messages }), send({ messages, tools })];
    expect(one.messages[1]).toEqual({ role: 'assistant', content: 'Hello.', reasoning_content: '' });
    expect(other.messages[1]).toEqual(answer);
    expect(again).toEqual(one);
    expect(made).toEqual(['user', 'user']);
    // After the first calls, each later request needs the reasoning.
    expect(send({ messages: [...messages, called, result] }).messages[1]).toEqual(one.messages[1]);
  });

  test('ends an earlier state of the conversation as before', () => {
    const { send } = createSender({ base: 'mistral' });
    const messages = [hi, answer, more, called, result];
    send({ messages });
    expect(send({ messages: messages.slice(0, 2) }).messages).toEqual([
      hi,
      answer,
      { role: 'user', content: 'Continue.' },
    ]);
    expect(send({ messages: messages.slice(0, 3) }).messages).toEqual([hi, answer, more]);
  });
});

test('each text of a request is well-formed', () => {
  const half = '\ud83d';
  const text = createSender().text({
    messages: [{ role: 'user', content: half, name: half }],
    tools: [
      {
        type: 'function',
        function: {
          name: 'look',
          description: half,
          parameters: { properties: { [half]: { enum: [half], default: half } } },
        },
      },
    ],
    stop: [half],
    user: half,
    metadata: { [half]: half },
    prompt_cache_key: '\\ud83d is no half',
  });
  expect(text).not.toMatch(/(?<!\\)\\ud/);
  expect(text).not.toContain(half);
  expect(JSON.parse(text)).toMatchObject({ stop: ['\ufffd'], user: '\ufffd', metadata: { '\ufffd': '\ufffd' } });
  expect(JSON.parse(text)).toMatchObject({ prompt_cache_key: '\\ud83d is no half' });
});
