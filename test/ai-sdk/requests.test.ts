import { fromAiSdk } from '@pawl/ai-sdk';
import { Agent, tool } from '@pawl/core';
import type { AssistantMessage, ChatRequest, FunctionToolObject, Message } from '@pawl/core/chat';
import { MockLanguageModelV4 } from 'ai/test';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createResult, send, toPrompt } from './mock-model.ts';

const user: Message = { role: 'user', content: 'Hi.' };
const call = (id: string, name = 'look', args = '{"at":1}') =>
  ({ id, type: 'function', function: { name, arguments: args } }) as const;
const calling: AssistantMessage = { role: 'assistant', content: 'I look.', tool_calls: [call('a'), call('b')] };
const result = (id: string, content = `seen ${id}`): Message => ({ role: 'tool', tool_call_id: id, content });
const PNG = 'data:image/png;base64,iVBORw0K';

describe('messages', () => {
  test('keeps the order of system, developer, user and assistant messages', async () => {
    const prompt = await toPrompt([
      {
        role: 'system',
        content: [
          { type: 'text', text: 'Be ' },
          { type: 'text', text: 'brief.' },
        ],
      },
      { role: 'developer', content: 'In English.' },
      user,
      { role: 'assistant', content: 'Yes?' },
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'assistant', content: null },
      { role: 'user', content: '' },
    ]);
    expect(prompt).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'In English.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi.' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Yes?' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
      { role: 'user', content: [{ type: 'text', text: '(empty)' }] },
    ]);
  });

  test('merges the results of a turn, with the names of their tools', async () => {
    const prompt = await toPrompt([user, calling, result('a'), result('b'), user]);
    const toolCall = (toolCallId: string) => ({ type: 'tool-call', toolCallId, toolName: 'look', input: { at: 1 } });
    const toolResult = (toolCallId: string) => {
      return {
        type: 'tool-result',
        toolCallId,
        toolName: 'look',
        output: { type: 'text', value: `seen ${toolCallId}` },
      };
    };
    expect(prompt.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'I look.' }, toolCall('a'), toolCall('b')] },
      { role: 'tool', content: [toolResult('a'), toolResult('b')] },
      { role: 'user', content: [{ type: 'text', text: 'Hi.' }] },
    ]);
  });

  test.each<[string, object, object]>([
    [
      'an image',
      { type: 'image_url', image_url: { url: PNG } },
      { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw0K' } },
    ],
    [
      'an image by its address, with a level of detail',
      { type: 'image_url', image_url: { url: 'https://example.com/a', detail: 'low' } },
      {
        type: 'file',
        mediaType: 'image/*',
        data: { type: 'url', url: new URL('https://example.com/a') },
        providerOptions: { openai: { imageDetail: 'low' } },
      },
    ],
    [
      'a data URL that is no base64',
      { type: 'file', file: { file_data: 'data:text/plain;charset=utf-8,4%20degr%C3%A9s', filename: 'a.txt' } },
      { type: 'file', mediaType: 'text/plain', data: { type: 'data', data: 'NCBkZWdyw6lz' }, filename: 'a.txt' },
    ],
    [
      'a file as base64',
      { type: 'file', file: { file_data: 'JVBERi0=', filename: 'a.csv' } },
      { type: 'file', mediaType: 'text/csv', data: { type: 'data', data: 'JVBERi0=' }, filename: 'a.csv' },
    ],
    [
      'an uploaded file',
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', mediaType: 'application/pdf', data: { type: 'reference', reference: { mock: 'file-1' } } },
    ],
    [
      'wav',
      { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
      { type: 'file', mediaType: 'audio/wav', data: { type: 'data', data: 'UklG' } },
    ],
    [
      'mp3',
      { type: 'input_audio', input_audio: { data: '//uQ', format: 'mp3' } },
      { type: 'file', mediaType: 'audio/mpeg', data: { type: 'data', data: '//uQ' } },
    ],
    [
      'a breakpoint of the cache',
      { type: 'text', text: 'Long.', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } },
      {
        type: 'text',
        text: 'Long.',
        providerOptions: {
          openai: { promptCacheBreakpoint: { mode: 'explicit', ttl: '30m' } },
          anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } },
          bedrock: { cachePoint: { type: 'default' } },
        },
      },
    ],
  ])('sends %s', async (_, part, expected) => {
    const message = { role: 'user', content: [part] } as Message; // One of each kind of part.
    expect(await toPrompt([message])).toEqual([{ role: 'user', content: [expected] }]);
  });

  test.each<[string, Message[], RegExp]>([
    [
      'a part of an unknown type',
      [{ role: 'user', content: [{ type: 'video' }] } as object as Message],
      /part of type "video"/,
    ],
    ['a result without its call', [user, result('z')], /tool message for the call "z"/],
    ['a legacy role', [{ role: 'function', name: 'look', content: '1' }], /the role "function"/],
    [
      'an address that is none',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'a.png' } }] }],
      /"a\.png", which is none/,
    ],
    [
      'a file without content',
      [{ role: 'user', content: [{ type: 'file', file: {} }] }],
      /neither file_data nor file_id/,
    ],
  ])('refuses %s', async (_, messages, message) => {
    await expect(toPrompt(messages)).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringMatching(message),
    });
  });
});

describe('images and files of tools', () => {
  const image = { type: 'image_url', image_url: { url: PNG } } as const;
  const label = (id: string) => ({ type: 'text', text: `From look (${id}):` }) as const;
  const parts: Message = {
    role: 'user',
    content: [label('a'), image, label('b'), image, image],
    pawl_parts_of: [
      { tool_call_id: 'a', parts: 1 },
      { tool_call_id: 'b', parts: 2 },
    ],
  };
  const messages = [user, calling, result('a', '1 file in the next message.'), result('b'), parts, user];
  const file = { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw0K' } };

  test('are sent inside the results of their calls', async () => {
    const prompt = await toPrompt(messages, { filesInResults: true });
    expect(prompt.slice(2)).toMatchObject([
      {
        role: 'tool',
        content: [
          { toolCallId: 'a', output: { type: 'content', value: [file] } },
          { toolCallId: 'b', output: { type: 'content', value: [{ type: 'text', text: 'seen b' }, file, file] } },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Hi.' }] },
    ]);
  });

  test.each([
    ['mock.chat', 4],
    ['openai.chat', 4],
    ['openai.responses', 3],
    ['anthropic.messages', 3],
    ['vertex.anthropic.messages', 3],
    ['google.generative-ai', 3],
    ['google.vertex.chat', 3],
    ['amazon-bedrock', 3],
  ])('are sent inside results if the provider reads them there: %s', async (provider, count) => {
    const { options } = await send({ messages: messages.slice(0, -1) }, { provider });
    expect(options.prompt).toHaveLength(count);
  });

  test('stay in the user message if middleware changed it', async () => {
    const changed: Message = { ...parts, content: [label('a'), image] } as Message;
    const prompt = await toPrompt([...messages.slice(0, -2), changed], { filesInResults: true });
    expect(prompt.at(-1)).toEqual({ role: 'user', content: [label('a'), file] });
  });
});

describe('tools', () => {
  const look: FunctionToolObject = {
    type: 'function',
    function: {
      name: 'look',
      description: 'Looks.',
      parameters: { type: 'object', properties: { at: { type: 'number' } } },
    },
  };
  const wait: FunctionToolObject = { type: 'function', function: { name: 'wait' } };
  const write = { type: 'custom', custom: { name: 'write', description: 'Writes.' } } as const;
  const tools = [look, wait, write];

  test('become functions; a custom tool takes a text as input', async () => {
    const { options } = await send({ messages: [user], tools });
    expect(options.tools).toMatchObject([
      {
        type: 'function',
        name: 'look',
        description: 'Looks.',
        inputSchema: { type: 'object', properties: { at: { type: 'number' } } },
      },
      { type: 'function', name: 'wait', inputSchema: { type: 'object', properties: {} } },
      {
        type: 'function',
        name: 'write',
        inputSchema: { properties: { input: { type: 'string' } }, required: ['input'] },
      },
    ]);
    expect(options.tools?.some((each) => 'strict' in each)).toBe(false);
  });

  test.each<[ChatRequest['tool_choice'], object | undefined, readonly string[]]>([
    ['auto', { type: 'auto' }, ['look', 'wait', 'write']],
    ['none', { type: 'none' }, ['look', 'wait', 'write']],
    ['required', { type: 'required' }, ['look', 'wait', 'write']],
    [{ type: 'function', function: { name: 'wait' } }, { type: 'tool', toolName: 'wait' }, ['look', 'wait', 'write']],
    [{ type: 'custom', custom: { name: 'write' } }, { type: 'tool', toolName: 'write' }, ['look', 'wait', 'write']],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'wait' } }] },
      },
      { type: 'required' },
      ['wait'],
    ],
  ])('sends the choice %j', async (tool_choice, toolChoice, names) => {
    const { options } = await send({ messages: [user], tools, ...(tool_choice && { tool_choice }) });
    expect(options.toolChoice).toEqual(toolChoice);
    expect(options.tools?.map(({ name }) => name)).toEqual(names);
  });

  test.each([true, false])('are strict only if asked for, and if the schema has a strict form: %s', async (strict) => {
    const given = { description: 'Looks.', execute: () => 1 };
    const definite = tool({ ...given, name: 'definite', input: z.object({ at: z.number().optional() }) });
    const loose = tool({ ...given, name: 'loose', input: z.record(z.string(), z.string()) });
    const mock = new MockLanguageModelV4({ doGenerate: createResult([{ type: 'text', text: 'Hi.' }]) });
    await new Agent({ model: fromAiSdk(mock, { strict }), tools: [definite, loose] }).run('Go.');
    const tools = mock.doGenerateCalls[0]?.tools?.map((each) => ('strict' in each ? each.strict : undefined));
    expect(tools).toEqual([strict ? true : undefined, undefined]);
  });
});

describe('settings', () => {
  test('are sent under the names of the AI SDK', async () => {
    const { options } = await send({
      messages: [user],
      max_completion_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      stop: 'END',
      seed: 7,
      frequency_penalty: 1,
      presence_penalty: -1,
      reasoning_effort: 'high',
      n: 1,
      parallel_tool_calls: true,
      logprobs: null,
    });
    expect(options).toEqual({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }] }],
      maxOutputTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      stopSequences: ['END'],
      seed: 7,
      frequencyPenalty: 1,
      presencePenalty: -1,
      reasoning: 'high',
    });
  });

  test.each<[string, object]>([
    ['"verbosity"', { verbosity: 'low' }],
    ['"n"', { n: 2 }],
    ['"parallel_tool_calls"', { parallel_tool_calls: false }],
    ['"store"', { store: true }],
    ['"functions"', { functions: [{ name: 'look' }] }],
    ['reasoning_effort is "extreme"', { reasoning_effort: 'extreme' }],
    ['the model "other"', { model: 'other' }],
  ])('are refused if the AI SDK has none: %s', async (named, settings) => {
    await expect(send({ messages: [user], ...settings })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining(named),
    });
  });

  test.each<[ChatRequest['response_format'], object | undefined]>([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { type: 'json' }],
    [
      {
        type: 'json_schema',
        json_schema: { name: 'answer', description: 'It.', schema: { type: 'object', properties: {} } },
      },
      { type: 'json', name: 'answer', description: 'It.', schema: { type: 'object', properties: {} } },
    ],
  ])('has the response format %j', async (response_format, responseFormat) => {
    const { options } = await send({ messages: [user], ...(response_format && { response_format }) });
    expect(options.responseFormat).toEqual(responseFormat);
  });

  test('adds the options of the provider, by a function for each request', async () => {
    const providerOptions = ({ messages }: ChatRequest) => ({ mock: { count: messages.length } });
    const { options } = await send({ messages: [user] }, { providerOptions });
    expect(options.providerOptions).toEqual({ mock: { count: 1 } });
  });

  test.each([
    ['openai.responses', { openai: { store: false, user: 'u' } }],
    ['azure.responses', { openai: { user: 'u' }, azure: { store: false } }],
    ['mine.responses', { openai: { store: false, user: 'u' } }],
    ['openai.chat', { openai: { user: 'u' } }],
  ])('keeps no state on a server of Responses: %s', async (provider, expected) => {
    const { options } = await send({ messages: [user] }, { provider, providerOptions: { openai: { user: 'u' } } });
    expect(options.providerOptions).toEqual(expected);
  });

  test('lets an option store the state all the same', async () => {
    const providerOptions = { openai: { store: true } };
    const { options } = await send({ messages: [user] }, { provider: 'openai.responses', providerOptions });
    expect(options.providerOptions).toEqual({ openai: { store: true } });
  });

  test('passes the traceparent on', async () => {
    const mock = new MockLanguageModelV4({ doGenerate: createResult([{ type: 'text', text: 'Hi.' }]) });
    await fromAiSdk(mock).send({ messages: [user] }, { traceparent: '00-1-2-01' });
    expect(mock.doGenerateCalls[0]?.headers).toEqual({ traceparent: '00-1-2-01' });
  });
});
