import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ChatRequest } from '@pawl/core/chat';
import { expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../clock/manual-clock.ts';
import { respond } from '../script/respond.ts';
import { type OfflineServer, type OfflineServerOptions, offlineServer } from './offline-server.ts';

const hello: ChatRequest = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] };

async function started(options: OfflineServerOptions = {}): Promise<OfflineServer> {
  const server = await offlineServer(options);
  onTestFinished(() => server.close());
  return server;
}

function ask({ baseURL }: OfflineServer, body: unknown): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
}

/** The status, and the body as JSON. */
async function readResponse(response: Promise<Response>): Promise<unknown> {
  const { status, json } = await response.then(async (given) => ({ status: given.status, json: await given.json() }));
  return [status, json];
}

function refused(message: string, { param = null, code = null }: Record<string, string | null> = {}): unknown {
  return { error: { message, type: 'invalid_request_error', param, code } };
}

test('sends the next response of the script whole to an unstreamed request', async () => {
  const server = await started({ script: [respond.call('add', { a: 1, b: 2 })] });
  expect(await readResponse(ask(server, hello))).toEqual([
    200,
    {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_735_689_600,
      model: 'any',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            refusal: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 26, total_tokens: 36 },
      system_fingerprint: 'fp_pawl_offline',
    },
  ]);
  server.assertDone();
});

test('streams role, pieces, finish reason and usage as a chunk each, then [DONE]', async () => {
  const server = await started({
    script: [respond.calls([{ name: 'add', arguments: { a: 1 } }], { text: 'One moment.' })],
  });
  const response = await ask(server, { ...hello, stream: true, stream_options: { include_usage: true } });
  const events = (await response.text()).split('\n\n');
  const base = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_735_689_600,
    model: 'any',
    system_fingerprint: 'fp_pawl_offline',
  };
  const chunk = (delta: unknown, finish_reason: string | null = null): unknown => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
  });
  const head = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } };
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
  expect(events.slice(0, -2).map((event) => JSON.parse(event.replace(/^data: /, '')))).toEqual([
    chunk({ role: 'assistant', content: null, refusal: null }),
    chunk({ content: 'One ' }),
    chunk({ content: 'moment.' }),
    chunk({ tool_calls: [{ index: 0, ...head }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
    chunk({}, 'tool_calls'),
    { ...base, choices: [], usage: { prompt_tokens: 10, completion_tokens: 26, total_tokens: 36 } },
  ]);
});

test('records requests with their headers and their body', async () => {
  const server = await started({ script: () => respond.text('ok'), keepRequests: 2 });
  for (const content of ['one', 'two', 'three']) {
    await fetch(`${server.baseURL}/chat/completions?api-version=1`, {
      method: 'POST',
      headers: { 'X-Trace': content },
      body: JSON.stringify({ messages: [{ role: 'user', content }] }),
    }).then((response) => response.text());
  }
  expect(server.requests.map(({ headers, body }) => [headers['x-trace'], body])).toEqual([
    ['two', { messages: [{ role: 'user', content: 'two' }] }],
    ['three', { messages: [{ role: 'user', content: 'three' }] }],
  ]);
});

test('passes the request to an entry that is a function', async () => {
  const server = await started({ script: [({ messages }) => respond.text(`${messages.length} message`)] });
  expect(await readResponse(ask(server, hello))).toMatchObject([
    200,
    { choices: [{ message: { content: '1 message' } }] },
  ]);
});

test('refuses an invalid conversation with 400, records it, and uses no entry of the script', async () => {
  const server = await started({ script: [respond.text('ok')] });
  const orphaned = [...hello.messages, { role: 'tool', tool_call_id: 'call_9', content: 'late' }];
  const message =
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
  expect(await readResponse(ask(server, { messages: orphaned }))).toEqual([
    400,
    refused(message, { param: 'messages[1].role' }),
  ]);
  expect(server.requests.map(({ body }) => body)).toEqual([{ messages: orphaned }]);
  expect(() => server.assertDone()).toThrow('The script has 1 of 1 responses left: message.');
});

test('reports an exhausted script and asks for no retry', async () => {
  const server = await started({ script: [] });
  const response = await ask(server, hello);
  const message =
    'The script is exhausted: it has 0 responses, and this is request 1. Add a response, or find out why the run sends another request.';
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect([response.status, await response.json()]).toEqual([400, refused(message, { code: 'script.exhausted' })]);
});

test('refuses a body that is not JSON, an unknown path and a wrong method like OpenAI', async () => {
  const server = await started();
  const garbage = fetch(`${server.baseURL}/chat/completions`, { method: 'POST', body: '{"messages":' });
  expect(await readResponse(garbage)).toMatchObject([
    400,
    { error: { type: 'invalid_request_error', param: null, code: null } },
  ]);
  expect(await readResponse(fetch(`${server.baseURL}/completions?x=1`))).toEqual([
    404,
    refused('Invalid URL (GET /v1/completions)'),
  ]);
  const wrong = await fetch(`${server.baseURL}/chat/completions`);
  const hint = 'Not allowed to GET on /v1/chat/completions. (HINT: Perhaps you meant to use a different HTTP method?)';
  expect([wrong.status, wrong.headers.get('allow'), await wrong.json()]).toEqual([
    405,
    'POST',
    refused(hint, { code: 'method_not_supported' }),
  ]);
});

test('lists its one model', async () => {
  const server = await started({ model: 'tiny' });
  const model = { id: 'tiny', object: 'model', created: 1_735_689_600, owned_by: 'pawl' };
  expect(await readResponse(fetch(`${server.baseURL}/models`))).toEqual([200, { object: 'list', data: [model] }]);
});

test('requires a key if one is set, and never quotes it', async () => {
  const server = await started({ apiKey: 'right' });
  const withKey = (authorization: string): Promise<Response> =>
    fetch(`${server.baseURL}/models`, { headers: { authorization } });
  expect((await withKey('Bearer right')).status).toBe(200);
  expect(await readResponse(withKey('Bearer wrong'))).toEqual([
    401,
    refused('Incorrect API key provided.', { code: 'invalid_api_key' }),
  ]);
  expect(await readResponse(fetch(`${server.baseURL}/models`))).toEqual([
    401,
    refused(
      "You didn't provide an API key. Provide it in an Authorization header, as 'Authorization: Bearer YOUR_KEY'.",
    ),
  ]);
});

test('waits between chunks on the given clock', async () => {
  const clock = manualClock();
  const server = await started({ script: [respond.text('Hi')], chunkDelayMs: 20, clock });
  await (await ask(server, { ...hello, stream: true })).text();
  expect(clock.slept).toEqual([20, 20, 20]);
});

test('answers with the offline model without a script, and says what it is', async () => {
  const server = await started();
  const given = await ask(server, hello);
  expect([given.status, await given.text()]).toEqual([200, expect.stringContaining('stand-in')]);
});

test('reports a script that throws or has an invalid response, and asks for no retry', async () => {
  const broken = (): never => {
    throw new Error('no idea');
  };
  const server = await started({ script: [broken, respond.body('x', { headers: { 'bad name': 'x' } })] });
  const thrown = await ask(server, hello);
  const error = { message: 'The script failed: no idea', type: 'server_error', param: null, code: null };
  expect([thrown.status, thrown.headers.get('x-should-retry'), await thrown.json()]).toEqual([500, 'false', { error }]);
  const unsendable = await ask(server, hello);
  expect([unsendable.status, await unsendable.json()]).toEqual([
    500,
    { error: { message: 'Header name must be a valid HTTP token ["bad name"]' } },
  ]);
});

test('does not keep the process alive', async () => {
  const script = `
    const { offlineServer } = await import('@pawl/testing');
    console.log(typeof (await offlineServer({ script: [] })).baseURL);
  `;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  expect(stdout).toBe('string\n');
});
