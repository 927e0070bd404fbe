import { Agent, customTool, openai, tool, withFallback } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startOfflineServer } from '../offline-server.ts';
import { ANSWER, finalAnswer, listOutputForms, lookUp, play, report } from './report-agent.ts';
import { weather } from './weather.ts';

describe('the deltas of the answer', () => {
  test('are reported as partial output', async () => {
    const { outcome, partials } = await play([lookUp, finalAnswer], { run: { stream: true } });
    expect(outcome).toMatchObject({ output: ANSWER });
    expect(partials.at(-1)).toEqual(ANSWER);
  });

  test('do not mix with the text before the call', async () => {
    const spoken = { ...finalAnswer, message: { ...finalAnswer.message, content: 'Here it is: ' } };
    const { outcome, partials } = await play([spoken], { run: { stream: true } });
    expect(outcome).toMatchObject({ output: ANSWER, text: '{"answer":"rain"}' });
    expect(partials.at(-1)).toEqual(ANSWER);
  });

  test('are those of the last of two calls', async () => {
    const twice = respond.calls([
      { name: 'final_answer', arguments: { answer: 'snow' } },
      { name: 'final_answer', arguments: ANSWER },
    ]);
    const { outcome, partials } = await play([twice], { run: { stream: true } });
    expect(outcome).toMatchObject({ output: ANSWER });
    expect(partials.at(-1)).toEqual(ANSWER);
  });
});

describe('a tool choice of the user', () => {
  const named = { type: 'function', function: { name: 'get_weather' } } as const;
  const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named] } } as const;

  test('sends no tools for none', async () => {
    const { server } = await play([respond.text('{"answer":"rain"}')], { agent: { toolChoice: 'none' } });
    expect(listOutputForms(server)).toEqual([[[], 'json_schema', undefined]]);
  });

  test('names the answer tool for none, if the output is always a tool', async () => {
    const { server } = await play([finalAnswer], { profile: 'groq', agent: { toolChoice: 'none' } });
    expect(listOutputForms(server)).toEqual([
      [['get_weather', 'final_answer'], undefined, { type: 'function', function: { name: 'final_answer' } }],
    ]);
  });

  test('sends a tool by name unchanged', async () => {
    const { server } = await play([lookUp, respond.text('{"answer":"rain"}')], { agent: { toolChoice: named } });
    expect(server.requests[0]?.body.tool_choice).toEqual(named);
  });

  test('adds the answer tool to allowed tools', async () => {
    const tools = [weather, tool({ ...weatherOptions, name: 'other' })];
    const { server } = await play([lookUp, finalAnswer], { agent: { tools, toolChoice: allowed } });
    expect(listOutputForms(server)).toEqual([
      [['get_weather', 'final_answer'], undefined, 'required'],
      [['get_weather', 'final_answer'], undefined, 'required'],
    ]);
  });
});

const weatherOptions = {
  name: 'weather',
  description: 'The weather.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: () => 'rain',
} as const;

test('sends a strict schema if the server supports it', async () => {
  const { server } = await play([finalAnswer], { profile: 'mistral' });
  const last = server.requests[0]?.body.tools?.at(-1);
  expect(last).toMatchObject({ function: { strict: true, parameters: { additionalProperties: false } } });
});

test('omits the JSON mode of the user if the server rejects it together with tools', async () => {
  const server = await startOfflineServer([lookUp, respond.text('{"a":1}'), respond.text('{"a":1}')]);
  const model = openai('m', { baseURL: server.baseURL, profile: 'vllm' });
  const settings = { response_format: { type: 'json_object' } } as const;
  await new Agent({ model, tools: [weather], modelSettings: settings }).run('Answer as JSON.');
  await new Agent({ model, modelSettings: settings }).run('Answer as JSON.');
  expect(listOutputForms(server)).toEqual([
    [['get_weather'], undefined, undefined],
    [['get_weather'], undefined, undefined],
    [[], 'json_object', undefined],
  ]);
});

test('wraps an output list in an object in the call', async () => {
  const server = await startOfflineServer([lookUp, respond.call('final_answer', { value: ['rain'] })]);
  const model = openai('m', { baseURL: server.baseURL });
  const agent = new Agent({ model, tools: [weather], output: z.array(z.string()) });
  expect((await agent.run('Go.')).output).toEqual(['rain']);
});

test('sends custom tools as functions together with the answer tool', async () => {
  const note = customTool({ name: 'note', description: 'Keeps a note.', effect: 'read', execute: (text) => text });
  const script = [respond.call('note', { input: 'x' }), finalAnswer];
  const { server, outcome } = await play(script, { agent: { tools: [note] } });
  expect(outcome).toMatchObject({ status: 'completed', output: ANSWER, toolCallCount: 1 });
  expect(listOutputForms(server)[0]).toEqual([['note', 'final_answer'], undefined, 'required']);
});

test('sends the answer tool as a legacy function', async () => {
  const call = { name: 'final_answer', arguments: '{"answer":"rain"}' };
  const message = { role: 'assistant', content: null, function_call: call };
  const choices = [{ index: 0, message, finish_reason: 'function_call' }];
  const { server, outcome } = await play([respond.body({ id: 'r', choices })], {
    profile: { base: 'legacy', outputWithTools: 'final-tool' },
  });
  expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
  expect(server.requests[0]?.body.functions?.map(({ name }) => name)).toEqual(['get_weather', 'final_answer']);
});

test('follows a profile that uses instructions instead', async () => {
  const { server, outcome } = await play([lookUp, respond.text('{"answer":"rain"}')], {
    profile: { outputWithTools: 'instructions' },
  });
  expect(outcome).toMatchObject({ status: 'completed', output: ANSWER });
  expect(listOutputForms(server)).toEqual([
    [['get_weather'], undefined, undefined],
    [['get_weather'], undefined, undefined],
  ]);
  expect(server.requests[0]?.body.messages[0]?.content).toContain('It must match this JSON Schema');
});

test('uses the way of each model of a fallback', async () => {
  const server = await startOfflineServer([respond.httpError(400), lookUp, respond.httpError(400), finalAnswer]);
  const { baseURL } = server;
  const model = withFallback(
    openai('a', { baseURL, profile: 'openai', apiKey: 'key' }),
    openai('b', { baseURL, profile: 'vllm' }),
  );
  const { output } = await new Agent({ model, tools: [weather], output: report }).run('Go.');
  expect(output).toEqual(ANSWER);
  expect(listOutputForms(server).map((form) => (form as readonly unknown[])[1])).toEqual([
    'json_schema',
    undefined,
    'json_schema',
    undefined,
  ]);
});

test('reads the answer of each choice from its own call', async () => {
  const server = await startOfflineServer([
    respond.body({
      id: 'r',
      choices: ['snow', 'rain'].map((answer, index) => ({
        index,
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: `c${index}`,
              type: 'function',
              function: { name: 'final_answer', arguments: `{"answer":"${answer}"}` },
            },
          ],
        },
        finish_reason: 'tool_calls',
      })),
    }),
  ]);
  const { choices } = await openai('m', { baseURL: server.baseURL }).send({
    messages: [{ role: 'user', content: 'Go.' }],
    tools: [{ type: 'function', function: { name: 'look' } }],
    response_format: { type: 'json_schema', json_schema: { name: 'o', schema: { type: 'object' } } },
    n: 2,
  });
  expect(choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
    ['{"answer":"snow"}', 'stop'],
    ['{"answer":"rain"}', 'stop'],
  ]);
});

describe('several agents', () => {
  test('sends a handoff together with the answer tool, and uses the way of the next agent after it', async () => {
    const server = await startOfflineServer([respond.call('transfer_to_clerk', { reason: 'r' }), lookUp, finalAnswer]);
    const model = openai('m', { baseURL: server.baseURL });
    const clerk = new Agent({ name: 'clerk', description: 'Knows.', model, tools: [weather], output: report });
    const desk = new Agent({ name: 'desk', model, handoffs: [clerk], output: report });
    expect((await desk.run('Go.')).output).toEqual(ANSWER);
    expect(listOutputForms(server)).toEqual([
      [['transfer_to_clerk', 'final_answer'], undefined, 'required'],
      [['get_weather', 'final_answer'], undefined, 'required'],
      [['get_weather', 'final_answer'], undefined, 'required'],
    ]);
  });

  test('returns the output of a nested agent to its caller', async () => {
    const server = await startOfflineServer([
      respond.call('ask', { prompt: 'Weather?' }),
      lookUp,
      respond.call('final_answer', { answer: 'inner' }),
      finalAnswer,
    ]);
    const model = openai('m', { baseURL: server.baseURL });
    const inner = new Agent({ name: 'inner', model, tools: [weather], output: report });
    const ask = inner.asTool({ name: 'ask', description: 'Asks.' });
    const { output } = await new Agent({ model, tools: [ask], output: report }).run('Go.');
    expect(output).toEqual(ANSWER);
    const result = server.requests.at(-1)?.body.messages.find(({ role }: Message) => role === 'tool');
    expect(result?.content).toContain('inner');
  });
});

test('creates the tool lists and the message with the instruction once', async () => {
  const { server } = await play([lookUp, lookUp, finalAnswer], { profile: 'ollama' });
  const starts = server.requests.map(({ text }) => text.slice(0, text.indexOf('"role":"user"')));
  expect(new Set(starts).size).toBe(1);
});
