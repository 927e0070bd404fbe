import { Agent, contentParts, tool } from '@pawl/core';
import type { ChatRequest, Json, Message } from '@pawl/core/chat';
import { hashText } from '@pawl/core/model';
import { azureResponses, openaiResponses, type ResponsesOptions } from '@pawl/responses';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { responses } from '../ai-sdk/responses.ts';
import { serveVendor } from '../ai-sdk/serve-vendor.ts';
import { createWhole } from './corpus.ts';

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

const HELLO = {
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Hello.', annotations: [] }],
};

/** A `fetch` that keeps what is sent, and the requests that it got. */
function createFetch(): { readonly fetch: typeof fetch; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    async fetch(url, init) {
      const body = JSON.parse(await new Response(init?.body).text());
      sent.push({ url: String(url), headers: new Headers(init?.headers), body });
      return Response.json(createWhole([HELLO]));
    },
  };
}

async function send(
  request: Partial<ChatRequest>,
  options: ResponsesOptions = {},
  model = 'gpt-5-mini',
): Promise<Sent> {
  const { fetch, sent } = createFetch();
  const chat = openaiResponses(model, { apiKey: 'sk-none', baseURL: 'https://api.openai.com/v1', fetch, ...options });
  await chat.send({ messages: [{ role: 'user', content: 'Hi.' }], ...request });
  const [first] = sent;
  if (first === undefined) throw new Error('Nothing was sent.');
  return first;
}

test('a request asks for nothing that the server has to store', async () => {
  const { url, headers, body } = await send({});
  expect(url).toBe('https://api.openai.com/v1/responses');
  expect(headers.get('authorization')).toBe('Bearer sk-none');
  expect(body).toEqual({
    model: 'gpt-5-mini',
    store: false,
    include: ['reasoning.encrypted_content'],
    input: [{ type: 'message', role: 'user', content: 'Hi.' }],
  });
});

test.each([
  ['gpt-4o-mini', undefined],
  ['gpt-4.1', undefined],
  ['gpt-5-chat-latest', undefined],
  ['o3-pro', ['reasoning.encrypted_content']],
  ['gpt-5.1-codex-max', ['reasoning.encrypted_content']],
])('only a model that reasons is asked for its reasoning: %s', async (model, include) => {
  expect((await send({}, {}, model)).body['include']).toEqual(include);
  expect((await send({}, { isReasoning: include === undefined }, model)).body['include']).not.toEqual(include);
});

test.each<[Partial<ChatRequest>, object]>([
  [{ max_completion_tokens: 100 }, { max_output_tokens: 100 }],
  [{ max_tokens: 100 }, { max_output_tokens: 100 }],
  [
    { temperature: 0.5, top_p: 0.9 },
    { temperature: 0.5, top_p: 0.9 },
  ],
  [{ parallel_tool_calls: false }, { parallel_tool_calls: false }],
  [{ reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
  [{ verbosity: 'low' }, { text: { verbosity: 'low' } }],
  [
    { metadata: { a: 'b' }, store: true },
    { metadata: { a: 'b' }, store: true },
  ],
  [
    { service_tier: 'flex', safety_identifier: 's', prompt_cache_key: 'k' },
    { service_tier: 'flex', safety_identifier: 's', prompt_cache_key: 'k' },
  ],
  [
    { logprobs: true, top_logprobs: 2 },
    { top_logprobs: 2, include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] },
  ],
  [{ stream: true }, { stream: true }],
  [
    { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
    { stream: true, stream_options: { include_obfuscation: false } },
  ],
  [{ n: 1, stream: false, temperature: null }, {}],
  [{ response_format: { type: 'json_object' } }, { text: { format: { type: 'json_object' } } }],
])('%o is sent as %o', async (request, fields) => {
  const plain = (await send({})).body;
  expect((await send(request)).body).toEqual({ ...plain, ...fields });
});

test.each([
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'stop',
  'seed',
  'n',
  'modalities',
  'audio',
  'prediction',
  'web_search_options',
  'functions',
])('the field %s, which Responses does not have, is refused', async (name) => {
  await expect(send({ [name]: 2 })).rejects.toThrow(`Responses has no field "${name}"`);
});

describe('tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;

  test('say whether they are strict, because the server takes them as strict otherwise', async () => {
    const { body } = await send({
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks.', parameters } },
        { type: 'function', function: { name: 'wait' } },
        {
          type: 'custom',
          custom: { name: 'sql', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } } },
        },
        { type: 'custom', custom: { name: 'note' } },
      ],
    });
    expect(body['tools']).toEqual([
      { type: 'function', name: 'look', description: 'Looks.', parameters, strict: false },
      {
        type: 'function',
        name: 'wait',
        parameters: { type: 'object', properties: {}, additionalProperties: false },
        strict: false,
      },
      { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
      { type: 'custom', name: 'note' },
    ]);
  });

  test.each([
    ['auto', 'auto'],
    ['required', 'required'],
    [
      { type: 'function', function: { name: 'look' } },
      { type: 'function', name: 'look' },
    ],
    [
      { type: 'custom', custom: { name: 'sql' } },
      { type: 'custom', name: 'sql' },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: {
          mode: 'required',
          tools: [
            { type: 'function', function: { name: 'look' } },
            { type: 'custom', custom: { name: 'sql' } },
          ],
        },
      },
      {
        type: 'allowed_tools',
        mode: 'required',
        tools: [
          { type: 'function', name: 'look' },
          { type: 'custom', name: 'sql' },
        ],
      },
    ],
  ] as const)('are chosen: %o', async (choice, written) => {
    const tools = [
      { type: 'function', function: { name: 'look', parameters } },
      { type: 'custom', custom: { name: 'sql' } },
    ] as const;
    expect((await send({ tools, tool_choice: choice })).body['tool_choice']).toEqual(written);
  });

  test('of an agent have their strict form, and those that the server runs stand beside them', async () => {
    const { fetch, sent } = createFetch();
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: z.object({ city: z.string(), day: z.string().optional() }),
      execute: () => 'Sun.',
    });
    const model = openaiResponses('gpt-5-mini', { apiKey: 'k', fetch, hostedTools: [{ type: 'web_search' }] });
    await new Agent({ model, tools: [look], output: z.object({ text: z.string() }) }).run('Hi.').outcome();
    expect(sent[0]?.body['tools']).toEqual([
      expect.objectContaining({ type: 'function', name: 'look', strict: true }),
      { type: 'web_search' },
    ]);
    expect(sent[0]?.body['text']).toMatchObject({ format: { type: 'json_schema', strict: true } });
  });
});

describe('a conversation', () => {
  const call = { id: 'call_a', type: 'function', function: { name: 'look', arguments: '{"at":1}' } } as const;

  test.each<[string, readonly Message[], readonly object[]]>([
    [
      'with every role',
      [
        { role: 'system', content: 'Be kind.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: 'I look.', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_a', content: 'Sun.' },
      ],
      [
        { type: 'message', role: 'system', content: 'Be kind.' },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
        { type: 'message', role: 'user', content: 'Hi.' },
        { type: 'message', role: 'assistant', content: 'I look.' },
        { type: 'function_call', call_id: 'call_a', name: 'look', arguments: '{"at":1}' },
        { type: 'function_call_output', call_id: 'call_a', output: 'Sun.' },
      ],
    ],
    [
      'with images and files',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
          ],
        },
      ],
      [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is it?' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'low' },
            { type: 'input_image', image_url: 'https://example.org/a.png', detail: 'auto' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
          ],
        },
      ],
    ],
    [
      'with the call of a custom tool',
      [
        { role: 'user', content: 'Hi.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_q', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } }],
        },
        { role: 'tool', tool_call_id: 'call_q', content: '1' },
      ],
      [
        { type: 'message', role: 'user', content: 'Hi.' },
        { type: 'custom_tool_call', call_id: 'call_q', name: 'sql', input: 'SELECT 1' },
        { type: 'custom_tool_call_output', call_id: 'call_q', output: '1' },
      ],
    ],
    [
      'with a refusal and an empty message',
      [
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: null, refusal: 'No.' },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'Please.' },
      ],
      [
        { type: 'message', role: 'user', content: 'Hi.' },
        { type: 'message', role: 'assistant', content: 'No.' },
        { type: 'message', role: 'user', content: 'Please.' },
      ],
    ],
  ])('%s is sent as items', async (_, messages, items) => {
    expect((await send({ messages })).body['input']).toEqual(items);
  });

  test('has no half of a character, which servers refuse', async () => {
    const { body } = await send({ messages: [{ role: 'user', content: 'a\ud83d' }] });
    expect(body['input']).toEqual([{ type: 'message', role: 'user', content: 'a\ufffd' }]);
  });

  test('has no reasoning that led to nothing, which OpenAI refuses', async () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'c2VhbGVk' };
    const text = { type: 'message', length: 3, hash: hashText('Hel') };
    const keep = (parts: readonly Json[]) => ({ pawl_kept: { provider: 'responses:api.openai.com', parts } });
    const messages: readonly Message[] = [
      { role: 'user', content: 'Hi.' },
      { role: 'assistant', content: 'Hel', ...keep([reasoning, text, reasoning]) },
      { role: 'assistant', content: null, ...keep([reasoning]) },
      { role: 'user', content: 'Go on.' },
    ];
    expect((await send({ messages })).body['input']).toEqual([
      { type: 'message', role: 'user', content: 'Hi.' },
      reasoning,
      { type: 'message', role: 'assistant', content: 'Hel' },
      { type: 'message', role: 'user', content: 'Go on.' },
    ]);
  });

  test('has images of tools in their results', async () => {
    const turns = [
      {
        calls: [
          { name: 'draw', input: {} },
          { name: 'draw', input: {} },
        ],
      },
      { text: 'A dot.' },
    ];
    const server = await serveVendor(responses, { turns, order: 'requests', respond: () => false });
    const draw = tool({
      name: 'draw',
      description: 'Draws.',
      input: z.object({}),
      execute: () => contentParts([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }]),
    });
    const model = openaiResponses('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'k', profile: 'openai' });
    await new Agent({ model, tools: [draw] }).run('Draw.').outcome();
    const input = server.requests[1]?.body['input'] as readonly { readonly type: string }[];
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' };
    expect(input.filter(({ type }) => type === 'function_call_output')).toEqual([
      { type: 'function_call_output', call_id: 'call_0_0', output: [image] },
      { type: 'function_call_output', call_id: 'call_0_1', output: [image] },
    ]);
    expect(input.filter(({ type }) => type === 'message')).toHaveLength(1);
  });

  test.each<[string, Message, string]>([
    [
      'audio',
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }] },
      'audio',
    ],
    ['a function message', { role: 'function', name: 'look', content: 'Sun.' }, 'role "function"'],
  ])('with %s is refused', async (_, message, problem) => {
    await expect(send({ messages: [message] })).rejects.toThrow(problem);
  });
});

describe('azure', () => {
  test.each([
    [undefined, 'https://mine.openai.azure.com/openai/v1/responses'],
    ['2025-04-01-preview', 'https://mine.openai.azure.com/openai/responses?api-version=2025-04-01-preview'],
  ])('with the version %s is asked at %s, with its key', async (apiVersion, expected) => {
    const { fetch, sent } = createFetch();
    const model = azureResponses('my-gpt', {
      endpoint: 'https://mine.openai.azure.com',
      apiKey: 'azure-key',
      reasoningSummary: 'auto',
      fetch,
      ...(apiVersion !== undefined && { apiVersion }),
    });
    await model.send({ messages: [{ role: 'user', content: 'Hi.' }] });
    expect(sent[0]).toMatchObject({ url: expected, body: { model: 'my-gpt', reasoning: { summary: 'auto' } } });
    expect(sent[0]?.headers.get('api-key')).toBe('azure-key');
  });
});

test('extraBody cannot make a request rely on what the server stores', () => {
  expect(() => openaiResponses('gpt-5', { extraBody: { previous_response_id: 'resp_1' } })).toThrow(
    'extraBody has "previous_response_id"',
  );
});
