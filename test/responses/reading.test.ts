import type { ChatModel } from '@pawl/core';
import type { ChatResponse, Delta } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';
import { openaiResponses } from '@pawl/responses';
import { describe, expect, onTestFinished, test } from 'vitest';
import { responses } from '../ai-sdk/responses.ts';
import { startVendorServer } from '../ai-sdk/vendor-server.ts';
import { tryCuts } from '../serve/each-cut.ts';
import { createWhole, samples } from './corpus.ts';

const BASE = { baseURL: 'http://127.0.0.1:1/v1', apiKey: 'sk-none', profile: 'openai' } as const;

interface Read {
  readonly response: ChatResponse;
  readonly deltas: readonly Delta[];
  readonly repairs: readonly Repair[];
}

async function read(model: ChatModel): Promise<Read> {
  const deltas: Delta[] = [];
  const repairs: Repair[] = [];
  const response = await model.send(
    { messages: [{ role: 'user', content: 'Hi.' }], stream: true },
    { onDelta: (delta) => void deltas.push(delta), onRepaired: (found) => void repairs.push(...found) },
  );
  return { response, deltas, repairs };
}

/** A model whose server sends these chunks. */
function createModel(chunks: readonly (string | Uint8Array)[], type = 'text/event-stream'): ChatModel {
  const encoder = new TextEncoder();
  const body = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
        controller.close();
      },
    });
  return openaiResponses('gpt-5-mini', {
    ...BASE,
    fetch: async () => new Response(body(), { headers: { 'content-type': type } }),
  });
}

function toText(events: readonly object[]): string {
  return events.map((event) => `event: ${Reflect.get(event, 'type')}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

const readStream = (events: readonly object[]): Promise<Read> => read(createModel([toText(events)]));
const readBody = (body: unknown): Promise<Read> => read(createModel([JSON.stringify(body)], 'application/json'));

describe.each(samples)('$name', ({ events, message, finishReason, deltas }) => {
  const whole = (events.at(-1) as { readonly response: object }).response;

  test('is read from a stream', async () => {
    const found = await readStream(events);
    expect(found.response.choices).toEqual([{ index: 0, message, finish_reason: finishReason }]);
    expect(found.response).toMatchObject({
      id: 'resp_1',
      object: 'chat.completion',
      created: 1_780_000_000,
      model: 'gpt-5-mini-2025-08-07',
      usage: {
        prompt_tokens: 30,
        completion_tokens: 12,
        total_tokens: 42,
        prompt_tokens_details: { cached_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    });
    expect(found.deltas).toEqual(deltas);
    expect(found.repairs).toEqual([]);
  });

  test('is the same as one body, with the same texts in its deltas', async () => {
    const found = await readBody(whole);
    expect(found.response).toEqual((await readStream(events)).response);
    expect(joinDeltas(found.deltas)).toEqual(joinDeltas(deltas));
  });

  test('is the same wherever the bytes are split', async () => {
    const expected = await readStream(events);
    const bytes = new TextEncoder().encode(toText(events));
    await tryCuts(bytes.length, {
      count: 200,
      check: async (at) => {
        expect(await read(createModel([bytes.subarray(0, at), bytes.subarray(at)]))).toEqual(expected);
      },
    });
  });

  test('is an error wherever the stream is cut before its last event', async () => {
    const text = toText(events);
    const bytes = new TextEncoder().encode(text);
    const end = new TextEncoder().encode(text.slice(0, text.lastIndexOf('event: '))).length;
    for (let at = 1; at <= end; at += 7) {
      const cut = read(createModel([bytes.subarray(0, at)], 'text/event-stream'));
      await expect(cut).rejects.toMatchObject({
        code: expect.stringMatching(/^response\.(cut|garbage)$/),
        retryable: true,
      });
    }
  });

  test('is complete if the server leaves the items out of the last event', async () => {
    const last = { ...events.at(-1), response: { ...whole, output: [] } };
    const found = await readStream([...events.slice(0, -1), last]);
    expect(found.response).toEqual((await readStream(events)).response);
    expect(found.repairs).toEqual([{ path: 'output', note: expect.stringContaining('read from its events') }]);
  });

  test('is complete if the stream has nothing but its last event', async () => {
    const found = await readStream(events.slice(-1));
    expect(found.response).toEqual((await readStream(events)).response);
    expect(joinDeltas(found.deltas)).toEqual(joinDeltas(deltas));
  });
});

/** The text of each kind and call, without the pieces. */
function joinDeltas(deltas: readonly Delta[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const delta of deltas) {
    const key = delta.type === 'call' ? `call ${delta.id} ${delta.name}` : delta.type;
    texts[key] = (texts[key] ?? '') + delta.delta;
  }
  return texts;
}

describe('an error', () => {
  const failed = (error: object): object => ({
    type: 'response.failed',
    response: createWhole([], { status: 'failed', error }),
  });

  test.each([
    ['of the server, as the last event', failed({ code: 'server_error', message: 'Down.' }), { retryable: true }],
    ['of an exceeded rate', failed({ code: 'rate_limit_exceeded', message: 'Slow down.' }), { retryable: true }],
    [
      'in an event of its own',
      { type: 'error', code: 'server_error', message: 'Down.', param: null },
      { retryable: true },
    ],
    [
      'of a prompt that is too long',
      failed({ code: 'context_length_exceeded', message: 'Your input exceeds the context window of this model.' }),
      { name: 'ContextLengthError', retryable: false },
    ],
    [
      'of the quota',
      { type: 'error', code: 'insufficient_quota', message: 'You exceeded your current quota.', param: null },
      { retryable: false },
    ],
    [
      'of a cancelled response',
      { type: 'response.cancelled', response: createWhole([], { status: 'cancelled' }) },
      { code: 'response.cut' },
    ],
  ])('%s fails the attempt', async (_, event, expected) => {
    await expect(readStream([event])).rejects.toMatchObject(expected);
  });

  test('of a failed body fails the attempt', async () => {
    const body = createWhole([], { status: 'failed', error: { code: 'server_error', message: 'Down.' } });
    await expect(readBody(body)).rejects.toMatchObject({ code: 'response.error', retryable: true });
  });

  test.each([
    ['that is still at work', createWhole([], { status: 'in_progress' }), 'status "in_progress"'],
    ['of Chat Completions', { object: 'chat.completion', choices: [] }, 'not a response of Responses'],
    ['that is a list', [], 'not an object'],
  ])('says that a body %s is no response', async (_, body, message) => {
    await expect(readBody(body)).rejects.toThrow(message);
  });

  test('of HTTP has its status and the wait that the server asks for', async () => {
    const server = await startVendorServer(responses, {
      turns: [],
      respond(response) {
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' });
        response.end('{"error":{"message":"Slow down.","type":"requests","code":"rate_limit_exceeded"}}');
        return true;
      },
    });
    onTestFinished(() => server.close());
    const model = openaiResponses('gpt-5-mini', { ...BASE, baseURL: server.baseURL });
    await expect(read(model)).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000, retryable: true });
    expect(server.requests[0]?.path).toBe('/responses');
  });

  test('asks to turn off approvals of tools that the server runs', async () => {
    const asking = { type: 'mcp_approval_request', id: 'mcpr_1', name: 'pay', server_label: 'bank', arguments: '{}' };
    await expect(readBody(createWhole([asking]))).rejects.toThrow(
      'approval of the MCP tool "pay" of "bank", which it runs itself',
    );
  });
});

describe('a limit', () => {
  const call = { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' };

  test('ends a response with too many calls', async () => {
    const model = openaiResponses('gpt-5-mini', {
      ...BASE,
      responseLimits: { maxToolCalls: 1 },
      fetch: async () => Response.json(createWhole([call, { ...call, call_id: 'b' }])),
    });
    await expect(read(model)).rejects.toMatchObject({ code: 'response.too_large', retryable: false });
  });

  test('ends a response with more for its server than the limit allows', async () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x'.repeat(200) };
    const model = openaiResponses('gpt-5', {
      ...BASE,
      maxKeptBytes: 200,
      fetch: async () => Response.json(createWhole([reasoning])),
    });
    await expect(read(model)).rejects.toThrow('Raise maxKeptBytes');
  });
});

test('a call without an id gets one, and the repair is reported', async () => {
  const { response, repairs } = await readBody(createWhole([{ type: 'function_call', name: 'look', arguments: '{}' }]));
  expect(response.choices[0].message.tool_calls?.[0]?.id).toBe('call_0');
  expect(repairs).toEqual([{ path: 'output[0].call_id', note: 'missing: now "call_0"' }]);
});
