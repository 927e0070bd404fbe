import { Agent, type AgentOptions, contentParts, tool, withFallback } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { compactByReference, compactBySummary, outputGuard } from '@pawl/core/middleware';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { startStrictServer } from './strict-server.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const photo = tool({
  name: 'photo',
  description: 'Takes a photo.',
  input: z.object({}),
  effect: 'read',
  execute: () => contentParts({ type: 'image_url', image_url: { url: 'data:image/png;base64,' } }),
});
const pick = tool({
  name: 'pick',
  description: 'Picks.',
  input: z.object({ at: z.number() }),
  effect: 'read',
  execute: () => 'ok',
});

const BETWEEN = { role: 'assistant', content: 'Understood.' };

type Options = Partial<AgentOptions<unknown, unknown>>;

describe('Mistral gets no user message directly after tool results:', () => {
  test.each<[string, readonly ScriptedModelResponse[], Options]>([
    ['an empty answer', [respond.call('look'), respond.empty(), respond.text('Done.')], {}],
    ['a truncated answer', [respond.call('look'), respond.truncated('Do'), respond.text('Done.')], {}],
    ['an image of a tool', [respond.call('photo'), respond.text('Done.')], {}],
    ['the last turn', [respond.call('look'), respond.call('look'), respond.text('Done.')], { limits: { turns: 2 } }],
    ['a call that fails in the same way', Array.from({ length: 6 }, () => respond.call('pick', { at: 'x' })), {}],
    ['an unknown tool', [respond.call('absent'), respond.empty(), respond.text('Done.')], {}],
    [
      'references in place of results',
      Array.from({ length: 6 }, () => respond.call('look')),
      { middleware: [compactByReference({ contextWindow: 100, threshold: 0.1, keepTurns: 1 })] },
    ],
    [
      'a summary in place of turns',
      Array.from({ length: 6 }, () => respond.call('look')),
      {
        middleware: [
          compactBySummary({
            contextWindow: 200,
            threshold: 0.1,
            keepTurns: 1,
            model: scriptedModel(() => respond.text('They looked.')),
          }),
        ],
      },
    ],
  ])('%s', async (_, script, options) => {
    const { model, faults, server } = await startStrictServer('mistral', script);
    const agent = new Agent({ model, tools: [look, photo, pick], ...options } as AgentOptions<unknown, unknown>);
    await agent.run('Go.').outcome();
    expect(faults).toEqual([]);
    expect(server.requests.length).toBeGreaterThan(1);
  });

  test('after an empty answer that is requested again', async () => {
    const { model, readSentMessages } = await startStrictServer('mistral', [
      respond.call('look'),
      respond.empty(),
      respond.text('Done.'),
    ]);
    expect((await new Agent({ model, tools: [look] }).run('Go.')).output).toBe('Done.');
    expect(readSentMessages(2).slice(-3)).toMatchObject([{ role: 'tool' }, BETWEEN, { role: 'user' }]);
  });

  test('for a steering message during a tool call', async () => {
    const { model, readSentMessages, faults } = await startStrictServer('mistral', [
      respond.call('wait'),
      respond.text('Rome it is.'),
    ]);
    const wait = tool({
      name: 'wait',
      description: 'Waits.',
      input: z.object({}),
      effect: 'read',
      execute: () => {
        taken = run.steer('In Rome, please.');
        return 'waited';
      },
    });
    let taken: Promise<boolean> | undefined;
    const run = new Agent({ model, tools: [wait] }).run('Go.');
    const { messages } = await run;
    expect(await taken).toBe(true);
    expect(faults).toEqual([]);
    expect(readSentMessages(1).slice(-2)).toEqual([BETWEEN, { role: 'user', content: 'In Rome, please.' }]);
    // The stored conversation has no filler messages.
    expect(messages.filter(({ content }) => content === BETWEEN.content)).toEqual([]);
  });

  test('after an answer that a guard or the output schema rejects', async () => {
    const guard = outputGuard({
      name: 'kind',
      check: ({ text }) => (text.includes('fool') ? { type: 'retry', reason: 'be kind' } : { type: 'allow' }),
    });
    const guarded = await startStrictServer('mistral', [
      respond.call('look'),
      respond.text('You fool.'),
      respond.text('Friend.'),
    ]);
    expect((await new Agent({ model: guarded.model, tools: [look], middleware: [guard] }).run('Go.')).output).toBe(
      'Friend.',
    );
    const typed = await startStrictServer('mistral', [
      respond.call('look'),
      respond.text('{}'),
      respond.text('{"a":1}'),
    ]);
    const output = z.object({ a: z.number() });
    expect((await new Agent({ model: typed.model, tools: [look], output }).run('Go.')).output).toEqual({ a: 1 });
    expect([...guarded.faults, ...typed.faults]).toEqual([]);
  });

  test('in a handoff to an agent on Mistral', async () => {
    const billing = await startStrictServer('mistral', [respond.call('look'), respond.empty(), respond.text('Paid.')]);
    const desk = await startStrictServer('openai', [
      respond.call('look'),
      respond.call('transfer_to_billing', { reason: 'Money.' }),
    ]);
    const other = new Agent({ name: 'billing', description: 'Money.', model: billing.model, tools: [look] });
    const agent = new Agent({ name: 'desk', model: desk.model, tools: [look], handoffs: [other] });
    expect((await agent.run('Did I pay?')).output).toBe('Paid.');
    expect([...billing.faults, ...desk.faults]).toEqual([]);
  });
});

describe('a fallback to another vendor in the middle of a conversation', () => {
  const thought = { reasoning_content: 'Look it up.', reasoning_details: [{ type: 'reasoning.text', text: 'x' }] };
  const calling = (id: string, fields: object): ScriptedModelResponse => {
    const call = respond.call('look', {}, { id });
    return { ...call, message: { ...call.message, ...fields } };
  };

  test.each<[ProfileName, ProfileName, object, string]>([
    ['openai', 'mistral', {}, 'call_PTLx6Wn2Qe0a7b'],
    ['vllm', 'mistral', { reasoning: 'Look it up.' }, 'chatcmpl-tool-0123456789abcdef0123456789abcdef'],
    ['openai', 'deepseek', {}, 'call_PTLx6Wn2Qe0a7b'],
    ['deepseek', 'openai', thought, `call_${'x'.repeat(60)}`],
    ['openrouter', 'deepseek', { reasoning: 'Look it up.', ...thought }, 'tool_0_look'],
    ['moonshot', 'anthropic', thought, 'functions.look:0'],
    ['deepseek', 'moonshot', {}, 'call_1'],
    ['litellm', 'azure', thought, `call_1__thought__${'Q'.repeat(400)}`],
  ])('from %s to %s', async (one, other, fields, id) => {
    const first = await startStrictServer(
      one,
      [calling(id, fields)],
      respond.httpError(400, { message: 'Out of credit.' }),
    );
    const second = await startStrictServer(other, [
      respond.call('look', {}, { id: 'abcDEF123' }),
      respond.text('Done.'),
    ]);
    const agent = new Agent({ model: withFallback(first.model, second.model), tools: [look] });
    const outcome = await agent.run('Go.').outcome();
    expect({ status: outcome.status, faults: [...first.faults, ...second.faults] }).toEqual({
      status: 'completed',
      faults: [],
    });
    expect(second.server.requests).toHaveLength(2);
    // The conversation keeps what the first server sent.
    expect(outcome.messages[1]).toMatchObject({ tool_calls: [{ id }] });
    const [, call, result] = second.readSentMessages(0);
    expect(call?.role === 'assistant' && call.tool_calls?.[0]?.id).toBe(result?.role === 'tool' && result.tool_call_id);
    expect(second.readSentMessages(1).slice(0, 3)).toEqual(second.readSentMessages(0));
  });

  test('sends reasoning to vendors that can read it', async () => {
    const first = await startStrictServer('vllm', [
      calling('call_1', { reasoning: 'Look it up.' }),
      respond.httpError(400),
    ]);
    const second = await startStrictServer('deepseek', [respond.text('Done.')]);
    await new Agent({ model: withFallback(first.model, second.model), tools: [look] }).run('Go.');
    expect(second.readSentMessages(0)[1]).toEqual({
      role: 'assistant',
      content: null,
      reasoning_content: 'Look it up.',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
    });
  });

  test('keeps the ids of a stored conversation in another process', async () => {
    const first = await startStrictServer('mistral', [calling('call_1', {}), respond.text('Seen.')]);
    const { messages } = await new Agent({ model: first.model, tools: [look] }).run('Go.');
    expect(messages[1]).toMatchObject({ tool_calls: [{ id: 'call_1' }] });
    const second = await startStrictServer('mistral', []);
    const stored: Message[] = JSON.parse(JSON.stringify(messages));
    await new Agent({ model: second.model, tools: [look] }).run([...stored, { role: 'user', content: 'And now?' }]);
    expect(second.readSentMessages(0).slice(0, 3)).toEqual(first.readSentMessages(1));
  });
});
