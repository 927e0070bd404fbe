import { describe, expect, test } from 'vitest';
import { type Changes, server } from '../../../../test/model/wired.ts';
import type { Message } from '../chat/message.ts';
import type { ProfileName } from './profiles.ts';

function rolesTo(changes: Changes, messages: readonly Message[]): string {
  const sent = server(changes).send({ messages }).messages;
  return sent.map(({ role }) => role).join(' ');
}

const hi: Message = { role: 'user', content: 'Hi.' };
const more: Message = { role: 'user', content: 'More.' };
const said: Message = { role: 'assistant', content: 'Hello.' };
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
    ['after a silent message', { base: 'mistral' }, [called, result, silent, more], 'assistant tool assistant user'],
    ['an answer after results', { base: 'mistral' }, [called, result, said, more], 'assistant tool assistant user'],
    [
      'several results',
      { base: 'mistral' },
      [called, result, result, hi, more],
      'assistant tool tool assistant user user',
    ],
    [
      'the system after results',
      { base: 'mistral' },
      [called, result, rules, more],
      'assistant tool assistant user user',
    ],
    ['alternating users', { roleOrder: 'alternating' }, [rules, hi, more], 'system user assistant user'],
    ['alternating from the start', { roleOrder: 'alternating' }, [said, hi], 'user assistant user'],
    ['alternating assistants', { roleOrder: 'alternating' }, [hi, said, said], 'user assistant user assistant'],
    [
      'alternating after results',
      { roleOrder: 'alternating' },
      [hi, called, result, more],
      'user assistant tool assistant user',
    ],
    ['alternating around silence', { roleOrder: 'alternating' }, [hi, silent, more], 'user assistant user'],
    ['the assistant last', { base: 'mistral' }, [hi, said], 'user assistant user'],
    ['silence last', { base: 'mistral' }, [hi, silent], 'user'],
    ['the assistant last elsewhere', { base: 'openai' }, [hi, said], 'user assistant'],
  ])('%s', (_, changes, messages, roles) => {
    expect(rolesTo(changes, messages)).toBe(roles);
  });

  test('a message between two others says something', () => {
    const { messages } = server({ base: 'mistral' }).send({ messages: [called, result, more, said] });
    expect(messages[2]).toEqual({ role: 'assistant', content: 'Understood.' });
    expect(messages.at(-1)).toEqual({ role: 'user', content: 'Continue.' });
  });
});

describe('one system message', () => {
  test.each<ProfileName>(['compatible', 'vllm', 'llamacpp', 'ollama', 'lmstudio', 'litellm', 'qwen'])(
    '%s gets one, as the first message',
    (base) => {
      expect(server({ base }).send({ messages: [rules, ann, hi] }).messages).toEqual([
        { role: 'system', content: 'Be brief.\n\nThe user is Ann.' },
        hi,
      ]);
      expect(rolesTo({ base }, [rules, hi, said, ann, more])).toBe('system user assistant user user');
      expect(rolesTo({ base }, [hi, rules])).toBe('user user');
    },
  );

  test.each<ProfileName>(['openai', 'azure', 'groq', 'deepseek', 'anthropic', 'gemini'])(
    '%s gets all of them',
    (base) => {
      expect(rolesTo({ base, developerRole: false }, [rules, ann, hi, rules])).toBe('system system user system');
    },
  );

  test('messages with parts are joined as parts', () => {
    const parts = [{ type: 'text', text: 'Be kind.', prompt_cache_breakpoint: { mode: 'explicit' } }] as const;
    const messages: Message[] = [rules, { role: 'system', content: parts }, { role: 'system', content: '' }, ann, hi];
    expect(server().send({ messages }).messages).toEqual([
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.' }, ...parts, { type: 'text', text: 'The user is Ann.' }],
      },
      hi,
    ]);
  });

  test('empty ones are none, and a conversation may have nothing else', () => {
    const empty: Message = { role: 'system', content: '' };
    expect(rolesTo({}, [empty, empty, hi])).toBe('user');
    expect(server().send({ messages: [empty, rules, hi] }).messages).toEqual([rules, hi]);
    expect(server().send({ messages: [rules, ann] }).messages).toHaveLength(1);
  });

  test('an instruction for the output is part of it', () => {
    const format = { type: 'json_schema', json_schema: { name: 'o', schema: { type: 'object' } } } as const;
    const { messages } = server({ responseFormat: 'none' }).send({
      messages: [rules, ann, hi],
      response_format: format,
    });
    expect(messages).toHaveLength(2);
    expect(messages[0]?.['content']).toMatch(/^Be brief\.[\s\S]*JSON Schema[\s\S]*The user is Ann\.$/);
  });
});

describe('what was written once', () => {
  /** Counts how often its JSON is made. */
  function counted(message: object, made: string[], name: string): Message {
    const toJSON = (): object => {
      made.push(name);
      return message;
    };
    return { ...message, toJSON } as object as Message; // Beside its fields, JSON.stringify asks it.
  }

  test.each<[string, Changes]>([
    ['with joined system messages', { base: 'vllm' }],
    ['with messages between', { base: 'mistral' }],
    ['with alternating roles', { roleOrder: 'alternating' }],
  ])('is not written again for the next request: %s', (_, changes) => {
    const made: string[] = [];
    const user = counted(hi, made, 'first');
    const next = counted(more, made, 'second');
    const { text } = server(changes);
    const messages = [rules, ann, user, called, result, next, said];
    const whole = [3, 4, 5, 6, 7].map((count) => text({ messages: messages.slice(0, count) }));
    expect(made).toEqual(['first', 'second']);
    // The same bytes as of a run that sends all at once.
    expect(whole.at(-1)).toBe(server(changes).text({ messages: messages.map((each) => each) }));
  });

  test('is kept for requests with tools and for those without, where their messages differ', () => {
    const made: string[] = [];
    const plain = counted({ role: 'user', content: 'Hi.' }, made, 'user');
    const { send } = server({ base: 'deepseek' });
    const tools = [{ type: 'function', function: { name: 'look' } }] as const;
    const messages = [plain, said];
    const [one, other, again] = [send({ messages, tools }), send({ messages }), send({ messages, tools })];
    expect(one.messages[1]).toEqual({ role: 'assistant', content: 'Hello.', reasoning_content: '' });
    expect(other.messages[1]).toEqual(said);
    expect(again).toEqual(one);
    expect(made).toEqual(['user', 'user']);
    // Once there are calls, the thoughts are asked for in every later request.
    expect(send({ messages: [...messages, called, result] }).messages[1]).toEqual(one.messages[1]);
  });

  test('an earlier state of a conversation ends as it did', () => {
    const { send } = server({ base: 'mistral' });
    const messages = [hi, said, more, called, result];
    send({ messages });
    expect(send({ messages: messages.slice(0, 2) }).messages).toEqual([
      hi,
      said,
      { role: 'user', content: 'Continue.' },
    ]);
    expect(send({ messages: messages.slice(0, 3) }).messages).toEqual([hi, said, more]);
  });
});

test('every text of a request is well formed', () => {
  const half = '\ud83d';
  const text = server().text({
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
