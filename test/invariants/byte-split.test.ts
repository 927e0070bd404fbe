import { openai } from '@pawl/core';
import type { ChatResponse, Delta } from '@pawl/core/chat';
import { offlineServer, respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';

const text = 'Grüße aus 東京: 👩‍🚀🌧️!';
const reasoning = 'Zwei Städte → zwei Aufrufe 🤔.';

const frame = { id: 'r1', object: 'chat.completion.chunk', created: 1, model: 'm' } as const;
const headers = { 'content-type': 'text/event-stream' } as const;

/** A streamed response: raw UTF-8, a comment, some CRLF, usage in a chunk of its own. */
const bytes = new TextEncoder().encode(
  [
    ': keep-alive\n\n',
    createEvent({ role: 'assistant', content: '' }),
    createEvent({ reasoning_content: reasoning }),
    createEvent({ content: text.slice(0, 12) }).replaceAll('\n', '\r\n'),
    createEvent({ content: text.slice(12) }),
    createEvent({ tool_calls: [createCallStart(0), createCallStart(1)] }),
    createEvent({ tool_calls: [{ index: 0, function: { arguments: '"Malmö 🌊"}' } }] }),
    createEvent({ tool_calls: [{ index: 1, function: { arguments: '"東京"}' } }] }).replaceAll('\n', '\r'),
    `data: ${JSON.stringify({ ...frame, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })}\n\n`,
    `data: ${JSON.stringify({ ...frame, choices: [], usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 } })}\n\n`,
    'data: [DONE]\n\n',
  ].join(''),
);

const expected = {
  response: {
    id: 'r1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text,
          reasoning_content: reasoning,
          tool_calls: [
            { id: 'call_0', type: 'function', function: { name: 'look', arguments: '{"city":"Malmö 🌊"}' } },
            { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"city":"東京"}' } },
          ],
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 },
  },
  deltas: {
    reasoning,
    text,
    'call 0 look': '{"city":"Malmö 🌊"}',
    'call 1 look': '{"city":"東京"}',
  },
};

describe('a streamed response has the same content', () => {
  test('over HTTP, wherever its bytes are split in two', async () => {
    const splits = Array.from({ length: bytes.length + 1 }, (_, at) => [bytes.slice(0, at), bytes.slice(at)]);
    const server = await offlineServer({ script: splits.map((pieces) => respond.sse(pieces.filter(isNotEmpty))) });
    try {
      for (const at of splits.keys())
        expect({ at, ...(await requestResponse({ baseURL: server.baseURL })) }).toEqual({ at, ...expected });
      server.assertDone();
    } finally {
      await server.close();
    }
  });

  test('through a fetch with two chunks, wherever they are split', async () => {
    for (let at = 0; at <= bytes.length; at++) {
      const pieces = [bytes.slice(0, at), bytes.slice(at)];
      expect({ at, ...(await requestResponse({ pieces })) }).toEqual({ at, ...expected });
    }
  });

  test('through a fetch with one chunk per byte', async () => {
    expect(await requestResponse({ pieces: Array.from(bytes, (byte) => Uint8Array.of(byte)) })).toEqual(expected);
  });
});

type Source = { readonly baseURL: string } | { readonly pieces: readonly Uint8Array<ArrayBuffer>[] };

interface ModelResult {
  readonly response: ChatResponse;
  /** The deltas of each kind, joined. */
  readonly deltas: Readonly<Record<string, string>>;
}

async function requestResponse(source: Source): Promise<ModelResult> {
  const model =
    'baseURL' in source
      ? openai('m', source)
      : openai('m', {
          apiKey: 'none',
          fetch: async () => new Response(ReadableStream.from(source.pieces), { headers }),
        });
  const deltas: Record<string, string> = {};
  const onDelta = (delta: Delta): undefined => {
    const kind = delta.type === 'call' ? `call ${delta.index} ${delta.name}` : delta.type;
    deltas[kind] = (deltas[kind] ?? '') + delta.delta;
  };
  return {
    response: await model.send({ messages: [{ role: 'user', content: 'Go.' }], stream: true }, { onDelta }),
    deltas,
  };
}

function isNotEmpty(piece: Uint8Array): boolean {
  return piece.length > 0;
}

function createEvent(delta: object): string {
  return `data: ${JSON.stringify({ ...frame, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
}

function createCallStart(index: number): object {
  return { index, id: `call_${index}`, type: 'function', function: { name: 'look', arguments: '{"city":' } };
}
