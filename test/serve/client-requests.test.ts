import { memoryHost } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { chunkProblems, responseProblems } from '../reference/validators.ts';
import { CLIENT_REQUESTS } from './client-requests.ts';
import { createRecordingAgent } from './recording-agent.ts';
import { createEchoAgent, createWeatherAgent, readData, startServer } from './serve-agents.ts';

interface Answer {
  readonly text: string;
  readonly usage: { readonly total_tokens: number } | undefined;
}

/** Reads an answer as the strictest of these clients do: data lines alone, and `choices[0]` of each chunk but the usage's. */
async function readAnswer(response: Response, isStreamed: boolean): Promise<Answer> {
  const body = await response.text();
  if (!isStreamed) {
    const completion = JSON.parse(body);
    expect(responseProblems(completion)).toEqual([]);
    return { text: completion.choices[0].message.content, usage: completion.usage };
  }
  for (const line of body.split('\n'))
    expect(line === '' || line.startsWith('data: ') || line.startsWith(':')).toBe(true);
  expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
  const chunks = readData(body) as { choices: { delta: { content?: string } }[]; usage?: Answer['usage'] | null }[];
  expect(chunks.flatMap(chunkProblems)).toEqual([]);
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  return { text, usage: chunks.at(-1)?.usage ?? undefined };
}

describe('a request of this client gets its answer', () => {
  test.each(CLIENT_REQUESTS)('$name', async ({ headers, body }) => {
    const host = memoryHost();
    const { send } = await startServer({ agents: [createEchoAgent()], host, plainModels: true });
    const response = await send('/v1/chat/completions', body, { headers: { ...headers } });
    expect(response.status).toBe(200);
    const isStreamed = body['stream'] === true;
    const { text, usage } = await readAnswer(response, isStreamed);
    expect(text).toMatch(/^You wrote: .*Hello\./);
    const wantsUsage = !isStreamed || 'stream_options' in body;
    expect(usage !== undefined).toBe(wantsUsage);
    const [run] = await host.listRuns();
    expect(run?.agent).toBe(body['model']);
    expect(run?.owner).toBe('[null,"local"]');
  });
});

test('a model setting reaches the model only if it is allowed', async () => {
  for (const allowed of [[], ['temperature', 'n', 'messages', 'stream']]) {
    const { agent, requests } = createRecordingAgent();
    const { send } = await startServer({ agents: [agent], allowedModelSettings: allowed });
    await send('/v1/chat/completions', {
      model: 'recorder',
      messages: [{ role: 'user', content: 'Hi.' }],
      temperature: 0.3,
      seed: 1,
    });
    expect(requests[0]?.temperature).toBe(allowed.length === 0 ? undefined : 0.3);
    expect(requests[0]?.seed).toBeUndefined();
  }
});

test.each([
  ['append', ['system', 'system', 'user']],
  ['ignore', ['system', 'user']],
] as const)('callerInstructions %j', async (callerInstructions, roles) => {
  const { agent, requests } = createRecordingAgent();
  const { send } = await startServer({ agents: [agent], callerInstructions });
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi.' },
  ];
  expect((await send('/v1/chat/completions', { model: 'recorder', messages })).status).toBe(200);
  expect(requests[0]?.messages.map(({ role }) => role)).toEqual(roles);
});

test('callerInstructions "reject" refuses them by place', async () => {
  const { send } = await startServer({ agents: [createEchoAgent()], callerInstructions: 'reject' });
  const refused = await send('/v1/chat/completions', { model: 'echo', messages: [{ role: 'system', content: 'x' }] });
  expect(await refused.json()).toMatchObject({ error: { param: 'messages[0]', code: 'unsupported_parameter' } });
});

const user = { role: 'user', content: 'Hi.' };

test.each([
  [{ messages: undefined }, 'messages'],
  [{ messages: [] }, 'messages'],
  [{ messages: ['Hi.'] }, 'messages[0]'],
  [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
  [{ messages: [{ role: 'assistant', content: null, tool_calls: [{}] }] }, 'messages[0].tool_calls[0]'],
  [{ messages: [{ role: 'tool', tool_call_id: 'none', content: 'x' }] }, 'messages'],
  [{ temperature: 'hot' }, 'body'],
  [{ messages: [{ role: 'user', content: [{ type: 'video' }] }] }, 'messages[0].content[0].type'],
  [
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] },
    'messages[0].content[0].image_url.url',
  ],
  [{ stream: 'yes' }, 'stream'],
  [{ store: 'no' }, 'store'],
  [{ stream_options: 1 }, 'stream_options'],
  [{ n: 2 }, 'n'],
  [{ logprobs: true }, 'logprobs'],
  [{ top_logprobs: 2 }, 'top_logprobs'],
  [{ modalities: ['text', 'audio'] }, 'modalities'],
  [{ audio: { voice: 'alloy', format: 'mp3' } }, 'audio'],
  [{ functions: [{ name: 'f' }] }, 'functions'],
  [{ response_format: { type: 'json_object' } }, 'response_format'],
  [{ tool_choice: 'required' }, 'tool_choice'],
  [{ tools: {} }, 'tools'],
  [{ tools: [{ type: 'web_search' }] }, 'tools[0]'],
  [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, 'tools'],
  [{ tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] }, 'tools[0].function.parameters'],
  [{ metadata: 'x' }, 'metadata'],
  [{ model: undefined }, 'model'],
])('%j is refused with its place, and starts nothing', async (fields, param) => {
  const host = memoryHost();
  const { send } = await startServer({ agents: [createEchoAgent()], host, allowedModelSettings: ['temperature'] });
  const refused = await send('/v1/chat/completions', { model: 'echo', messages: [user], ...fields });
  expect(refused.status).toBe(400);
  const { error } = await refused.json();
  expect(error.param).toBe(param);
  expect(error.message).toMatch(/\.$/);
  expect(await host.listRuns()).toEqual([]);
});

test("a caller's tool with the name of one of the agent's own is refused", async () => {
  const { send } = await startServer({ agents: [createWeatherAgent()] });
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];
  const refused = await send('/v1/chat/completions', { model: 'weather', messages: [user], tools });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { param: 'tools' } });
  const without = await startServer({ agents: [createEchoAgent()], callerTools: 'reject' });
  expect((await without.send('/v1/chat/completions', { model: 'echo', messages: [user], tools })).status).toBe(400);
});

test('images are data URLs only with mediaUrls "data-only"', async () => {
  const { send } = await startServer({ agents: [createEchoAgent()], mediaUrls: 'data-only' });
  const ask = (url: string) =>
    send('/v1/chat/completions', {
      model: 'echo',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
  expect((await ask('https://example.com/a.png')).status).toBe(400);
  expect((await ask('data:image/png;base64,AAAA')).status).toBe(200);
});

test('store: false keeps the completion from being read again', async () => {
  const { send } = await startServer({ agents: [createEchoAgent()] });
  const completion = await (
    await send('/v1/chat/completions', { model: 'echo', messages: [user], store: false })
  ).json();
  expect((await send(`/v1/chat/completions/${completion.id}`)).status).toBe(404);
});
