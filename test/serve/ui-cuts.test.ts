import { Chat } from '@ai-sdk/react';
import type { ChatRequest } from '@pawl/core/chat';
import { respond, type ScriptedResponse } from '@pawl/testing';
import { DefaultChatTransport, type UIMessage } from 'ai';
import { expect, test } from 'vitest';
import { tryCuts } from './each-cut.ts';
import { openShop, type Shop } from './ui-shop.ts';

/** The first attempt at the answer of each chat is cut off by the model's server. */
function createScript(): (request: ChatRequest) => ScriptedResponse {
  const asked = new Set<string>();
  return ({ messages }) => {
    const { content } = messages.find(({ role }) => role === 'user') ?? {};
    if (messages.every(({ role }) => role !== 'tool')) {
      return respond.message({
        role: 'assistant',
        reasoning_content: 'An order “7” — I look it up.',
        content: 'Let me look.',
        tool_calls: [{ type: 'function', function: { name: 'look_up', arguments: '{"order":"7"}' } }],
      });
    }
    const isFirst = !asked.has(String(content));
    asked.add(String(content));
    if (isFirst) return respond.cut(respond.text('It costs much more.'), { afterChunks: 3 });
    return respond.text('It costs 29 €, as ordered.');
  };
}

/** What a page has after a stream that broke, and how many bytes of it arrived. */
interface BrokenStream {
  readonly message: UIMessage | undefined;
  readonly size: number;
}

/** Sends the question of a chat. The stream breaks after so many bytes, and is then resumed. */
async function askThrough(shop: Shop, cutAt: number): Promise<BrokenStream> {
  const id = crypto.randomUUID();
  let size = 0;
  const count = (bytes: number): void => {
    size += bytes;
  };
  const chat = new Chat<UIMessage>({
    id,
    transport: new DefaultChatTransport({
      api: '/api/chat',
      fetch: async (path, init) => {
        const response = await shop.fetch(new Request(new URL(String(path), 'http://localhost'), init));
        return init?.method === 'POST' ? cutBody(response, { cutAt, count }) : response;
      },
    }),
  });
  await chat.sendMessage({ text: `What is order 7? (${id})` });
  if (chat.status === 'error') await chat.resumeStream();
  expect(chat.error).toBeUndefined();
  expect(chat.messages).toHaveLength(2);
  return { message: chat.messages.at(-1), size };
}

/** Breaks the connection after so many bytes. An error would drop bytes that are not read yet: it comes with the next ones. */
function cutBody(
  { body, headers }: Response,
  { cutAt, count }: { readonly cutAt: number; readonly count: (bytes: number) => void },
): Response {
  let left = cutAt;
  let isCut = false;
  const fail = (controller: TransformStreamDefaultController<Uint8Array>): void =>
    controller.error(new TypeError('network error'));
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      if (isCut) return fail(controller);
      const rest = bytes.subarray(0, left);
      left -= rest.length;
      count(rest.length);
      isCut = rest.length < bytes.length;
      if (rest.length > 0) controller.enqueue(rest);
    },
    flush(controller) {
      if (isCut) fail(controller);
    },
  });
  return new Response(body?.pipeThrough(cut), { headers });
}

/** Without the ids of runs, which differ. */
function withoutIds(message: UIMessage | undefined): unknown {
  const text = JSON.stringify(message ?? null);
  return JSON.parse(text.replaceAll(message?.id ?? '', 'RUN'));
}

test('a stream that breaks at any byte and is resumed gives the same message', async () => {
  const shop = await openShop(createScript(), {
    agent: { retry: { initialDelayMs: 1 } },
    maxRunning: { total: 1_000, perPrincipal: 1_000 },
  });
  const { message: whole, size } = await askThrough(shop, Number.POSITIVE_INFINITY);
  expect(whole?.parts.map((part) => ('text' in part ? part.text : part.type))).toEqual([
    'step-start',
    'An order “7” — I look it up.',
    'Let me look.',
    'dynamic-tool',
    'step-start',
    'It costs 29 €, as ordered.',
  ]);

  const check = async (cutAt: number): Promise<void> => {
    const { message } = await askThrough(shop, cutAt);
    expect(withoutIds(message)).toEqual(withoutIds(whole));
  };
  await tryCuts(size, { count: 60, check });
});
