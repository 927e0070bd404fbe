import { tool } from '@pawl/core';
import { respond, type ScriptedResponse } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PROFILES, type ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { ANSWER, finalAnswer, listOutputForms, listToolNames, lookUp, play } from './report-agent.ts';

const TAKE_BOTH: readonly ProfileName[] = ['openai', 'azure', 'openrouter'];
const names = Object.keys(PROFILES) as readonly ProfileName[]; // Its own keys.
const modern = names.filter((name) => name !== 'legacy');

describe.each([true, false])('streamed: %s', (stream) => {
  test.each(modern.filter((name) => !TAKE_BOTH.includes(name)))(
    '%s: sends no request with both tools and response_format, and reads the answer from a tool call',
    async (profile) => {
      const { server, outcome } = await play([lookUp, finalAnswer], { profile, run: { stream } });
      expect(outcome).toMatchObject({
        status: 'completed',
        output: ANSWER,
        text: '{"answer":"rain"}',
        toolCallCount: 1,
      });
      for (const { body } of server.requests) {
        expect(listToolNames(body)).toEqual(['get_weather', 'final_answer']);
        expect(body.response_format).toBeUndefined();
      }
      expect(server.requests).toHaveLength(2);
    },
  );

  test.each(TAKE_BOTH)('%s: sends tools and response_format together', async (profile) => {
    const { server, outcome } = await play([lookUp, respond.text('{"answer":"rain"}')], { profile, run: { stream } });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
    expect(listOutputForms(server)).toEqual([
      [['get_weather'], 'json_schema', undefined],
      [['get_weather'], 'json_schema', undefined],
    ]);
  });

  test.each(names)('%s: accepts a valid answer in text', async (profile) => {
    const call = profile === 'legacy' ? legacyCall(stream) : lookUp;
    const { outcome } = await play([call, respond.text('{"answer":"rain"}')], { profile, run: { stream } });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
  });

  test('stores the answer as text, never as a call', async () => {
    const { outcome } = await play([lookUp, finalAnswer], { run: { stream } });
    expect(outcome.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(outcome.messages.at(-1)).toEqual({ role: 'assistant', content: '{"answer":"rain"}' });
  });

  test('postpones an answer until other calls have results', async () => {
    const both = respond.calls([
      { name: 'get_weather', arguments: { city: 'Oslo' } },
      { name: 'final_answer', arguments: { answer: 'a guess' } },
    ]);
    const { server, outcome } = await play([both, finalAnswer], { run: { stream } });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER, toolCallCount: 1 });
    expect(server.requests[1]?.text).not.toContain('a guess');
  });

  test('returns an invalid answer to the model with its issues', async () => {
    const { server, outcome } = await play([respond.call('final_answer', { answer: 7 }), finalAnswer], {
      run: { stream },
    });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
    expect(server.requests[1]?.body.messages.slice(-2)).toEqual([
      { role: 'assistant', content: '{"answer":7}' },
      { role: 'user', content: expect.stringContaining('answer: expected string, got number') },
    ]);
  });

  test('returns an answer that is not JSON to the model', async () => {
    const broken = respond.call('final_answer', '{"answer": "ra');
    const { server, outcome } = await play([broken, finalAnswer], { run: { stream } });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
    expect(server.requests[1]?.body.messages.at(-1)?.content).toContain('not valid JSON');
  });

  test('ends as truncated if the answer is cut', async () => {
    const cut = { ...respond.call('final_answer', '{"answer": "ra'), finishReason: 'length' };
    const { outcome } = await play([cut], { run: { stream } });
    expect(outcome).toMatchObject({ status: 'truncated', text: '{"answer": "ra' });
  });

  test('uses response_format without tools in the last turn', async () => {
    const { server, outcome } = await play([lookUp, respond.text('{"answer":"rain"}')], {
      agent: { limits: { turns: 2 } },
      run: { stream },
    });
    expect(outcome).toMatchObject({ status: 'limited', output: ANSWER });
    expect(listOutputForms(server)).toEqual([
      [['get_weather', 'final_answer'], undefined, 'required'],
      [[], 'json_schema', undefined],
    ]);
  });

  test('uses response_format for an agent without tools', async () => {
    const { server } = await play([respond.text('{"answer":"rain"}')], { agent: { tools: [] }, run: { stream } });
    expect(listOutputForms(server)).toEqual([[[], 'json_schema', undefined]]);
  });

  test('keeps a tool of the same name', async () => {
    const ran: unknown[] = [];
    const own = tool({
      name: 'final_answer',
      description: 'Keeps an answer.',
      input: z.object({ draft: z.string() }),
      effect: 'read',
      execute: (input) => void ran.push(input),
    });
    const script = [respond.call('final_answer', { draft: 'x' }), respond.call('final_answer_', ANSWER)];
    const { server, outcome } = await play(script, { agent: { tools: [own] }, run: { stream } });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
    expect(ran).toEqual([{ draft: 'x' }]);
    expect(server.requests.map(({ body }) => listToolNames(body))).toEqual([
      ['final_answer', 'final_answer_'],
      ['final_answer', 'final_answer_'],
    ]);
  });
});

/** What a server from before tools says. */
function legacyCall(stream: boolean): ScriptedResponse {
  const call = { name: 'get_weather', arguments: '{"city":"Oslo"}' };
  const frame = { id: 'r', created: 1, model: 'm' };
  const message = { role: 'assistant', content: null, function_call: call };
  if (!stream) return respond.body({ ...frame, choices: [{ index: 0, message, finish_reason: 'function_call' }] });
  return respond.sse([
    { ...frame, choices: [{ index: 0, delta: message, finish_reason: null }] },
    { ...frame, choices: [{ index: 0, delta: {}, finish_reason: 'function_call' }] },
    'data: [DONE]\n\n',
  ]);
}

describe('a server that cannot force a tool call', () => {
  test.each(['ollama', 'deepseek', 'qwen', 'zai', 'moonshot', 'cerebras'] as const)(
    '%s: sends the tool and an instruction to call it',
    async (profile) => {
      const { server, outcome } = await play([lookUp, finalAnswer], {
        profile,
        agent: { instructions: 'Be brief.' },
      });
      expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
      for (const { body } of server.requests) {
        expect(body.tool_choice).toBeUndefined();
        const [first] = body.messages;
        expect(first?.role).toBe('system');
        expect(first?.content).toMatch(/^Be brief\.\n\n.*calling the tool "final_answer"/);
      }
    },
  );

  test('adds the instruction as a system message that is never part of the conversation', async () => {
    const { server, outcome } = await play([lookUp, finalAnswer], { profile: 'ollama' });
    expect(server.requests[1]?.body.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
    expect(outcome.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });

  test('reprompts the model for a text that is not JSON', async () => {
    const { server, outcome } = await play([lookUp, respond.text('It rains.'), finalAnswer], { profile: 'ollama' });
    expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
    expect(server.requests).toHaveLength(3);
  });
});
