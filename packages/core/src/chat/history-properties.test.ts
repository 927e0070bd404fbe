import { checkHistory } from '@pawl/testing';
import { expect, test } from 'vitest';
import { createRandom, type Random, shuffle } from '../../../../test/loop/random.ts';
import { History } from './history.ts';
import type { AssistantMessage, FunctionToolCall, Message, ToolMessage } from './message.ts';

const SEEDS: readonly number[] = Array.from({ length: 300 }, (_, index) => index + 1);

test('any imported conversation can be sent, keeps its texts, and is imported again unchanged', () => {
  for (const seed of SEEDS) {
    const input = conversation(createRandom(seed));
    const { messages } = History.from(input);
    expect({ seed, faults: checkHistory(messages) }).toEqual({ seed, faults: [] });
    expect({ seed, ids: repeated(messages) }).toEqual({ seed, ids: [] });
    expect(listTexts(messages)).toEqual(listTexts(input));
    expect(History.from(messages).messages).toEqual(messages);
  }
});

test('any message of a model, admitted and with results, can be sent after each turn', () => {
  for (const seed of SEEDS) {
    const random = createRandom(seed);
    let history = History.createEmpty().append({ role: 'user', content: 'Go.' });
    for (let turn = 0; turn < 6; turn++) {
      const original = assistant(random);
      const { message, rawArguments } = history.admit(original);
      const answers = (message.tool_calls ?? []).map(({ id }): ToolMessage => result(id, 'Found.'));
      history = history.append(message, ...answers);
      expect({ seed, turn, faults: checkHistory(history.messages) }).toEqual({ seed, turn, faults: [] });
      expect(rawArguments).toEqual(invalidArguments(original));
      expect(argumentsIn(message).filter((text) => !OBJECTS.has(text))).toEqual([]);
    }
    expect({ seed, ids: repeated(history.messages) }).toEqual({ seed, ids: [] });
  }
});

/** Conversations as other programs store them: few ids, reused; results missing or out of order; arguments of all kinds. */
function conversation(random: Random): readonly Message[] {
  return Array.from({ length: random(8) }).flatMap((): Message[] => {
    const kind = random(4);
    if (kind === 0) return [{ role: 'user', content: `Question ${random(100)}.` }];
    if (kind === 1) return [{ role: 'system', content: 'Be brief.' }];
    const message = assistant(random);
    const results = (message.tool_calls ?? [])
      .filter(() => random(3) > 0)
      .map(({ id }, index) => result(id, `Result ${index}.`));
    return [message, ...shuffle(results, random)];
  });
}

const IDS: readonly string[] = ['', 'call_0', 'call_0', 'call_1', 'call_0_2', 'call_1_1'];
const OBJECTS: ReadonlySet<string> = new Set(['{}', '{"a":1}']);
const ARGUMENTS: readonly string[] = [
  ...OBJECTS,
  'null',
  '"text"',
  '"{\\"a\\":1}"',
  '{"a":1e999}',
  '',
  '{"a":',
  '[1',
  '{"a":1}{"b":2}',
  '\u0000',
];

function assistant(random: Random): AssistantMessage {
  const calls = Array.from({ length: random(5) }, (): FunctionToolCall => {
    const [id = '', text = ''] = [IDS[random(IDS.length)], ARGUMENTS[random(ARGUMENTS.length)]];
    return { id, type: 'function', function: { name: 'look_up', arguments: text } };
  });
  if (calls.length === 0)
    return { role: 'assistant', content: 'Done.', ...(random(2) === 0 ? { tool_calls: [] } : {}) };
  return { role: 'assistant', content: null, tool_calls: calls };
}

function result(id: string, content: string): ToolMessage {
  return { role: 'tool', tool_call_id: id, content };
}

function listTexts(messages: readonly Message[]): readonly unknown[] {
  return messages.filter(({ role }) => role !== 'tool').map(({ role, content }) => [role, content]);
}

function repeated(messages: readonly Message[]): readonly string[] {
  const ids = messages.flatMap((message) =>
    message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [],
  );
  return ids.filter((id, index) => ids.indexOf(id) < index);
}

function argumentsIn({ tool_calls = [] }: AssistantMessage): readonly string[] {
  return tool_calls.map((call) => (call.type === 'function' ? call.function.arguments : ''));
}

function invalidArguments(message: AssistantMessage): Readonly<Record<number, string>> {
  return Object.fromEntries(
    argumentsIn(message)
      .map((text, index) => [index, text] as const)
      .filter(([, text]) => !OBJECTS.has(text)),
  );
}
