import { Readable } from 'node:stream';
import { Chat } from '@ai-sdk/react';
import type { RunEvent } from '@pawl/core';
import {
  createUiState,
  encodeUiEvent,
  type UiAssistantMessage,
  type UiChunk,
  type UiEncoderOptions,
  uiMessageStream,
} from '@pawl/serve/encode';
import {
  DefaultChatTransport,
  readUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
  uiMessageChunkSchema,
} from 'ai';
import {
  readUIMessageStream as readUIMessageStream6,
  type UIMessageChunk as UIMessageChunk6,
  uiMessageChunkSchema as uiMessageChunkSchema6,
} from 'ai-6';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyUiChunk } from '../../packages/serve/src/protocol/ui/fold-chunks.ts';
import { runOverHttp } from '../invariants/run-over-http.ts';
import { runScenario } from '../invariants/run-scenario.ts';
import type { Scenario } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';

describe.each(scenarios)('the UI stream of: $name', (scenario) => {
  test('is valid for ai, and gives the same message live and replayed', async () => {
    const { live, replayed } = await playScenario(scenario);

    for (const chunks of [encode(live), encode(replayed)]) await expectValid(chunks, uiMessageChunkSchema());
    const message = await read(encode(live));
    expect(sortInnerCalls(message)).toEqual(sortInnerCalls(await read(encode(replayed))));
    expect(sortInnerCalls(fold(encode(replayed)))).toEqual(sortInnerCalls(message));
  });

  test('gives the same message if it breaks at any byte and is read again', async () => {
    const { live, replayed } = await playScenario(scenario);
    const whole = sortInnerCalls(await read(encode(replayed)));
    let hasPart = false;
    const [sent, again] = [await readBytes(live), await readBytes(replayed)];

    await fc.assert(
      fc.asyncProperty(fc.nat({ max: sent.length - 1 }), async (cutAt) => {
        const fetch = async (_: unknown, init?: RequestInit): Promise<Response> =>
          new Response(init?.method === 'POST' ? breakAfter(sent, cutAt) : again);
        const chat = new Chat<UIMessage>({ id: 'chat', transport: new DefaultChatTransport({ fetch }) });
        await chat.sendMessage({ text: 'Go.' });
        expect(chat.status).toBe('error');
        hasPart ||= chat.lastMessage?.role === 'assistant';
        await chat.resumeStream();
        expect(sortInnerCalls(JSON.parse(JSON.stringify(chat.lastMessage)))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
    expect(hasPart).toBe(true);
  });

  test('is valid for ai 6, and ends with the same text', async () => {
    const { live, replayed } = await playScenario(scenario);
    const chunks = encode(live, { sdk: 6 });

    await expectValid(chunks, uiMessageChunkSchema6());
    const [message, whole] = [await read6(chunks), await read6(encode(replayed, { sdk: 6 }))];
    expect(findLastText(message)).toBe(findLastText(whole));
  });
});

async function playScenario(scenario: Scenario): Promise<{ live: readonly RunEvent[]; replayed: readonly RunEvent[] }> {
  const { value } = await runOverHttp(scenario, (model) => runScenario(scenario, { model, stream: true }));
  const { attempts } = value;
  // A reader that was there all the time: each attempt begins with what it has.
  const live = attempts.flatMap((events, at) => events.filter(({ replayed }) => at === 0 || replayed !== true));
  const last = live.at(-1);
  const journal = live.filter((event) => 'activeMs' in event && (event.type !== 'run.finished' || event === last));
  return {
    live: live.filter((event) => event.type !== 'run.finished' || event === last || event.path !== ''),
    replayed: journal,
  };
}

function encode(events: readonly RunEvent[], options: UiEncoderOptions = {}): readonly UiChunk[] {
  let state = createUiState(options);
  return events.flatMap((event) => {
    const change = encodeUiEvent(state, event);
    state = change.state;
    return change.chunks;
  });
}

function fold(chunks: readonly UiChunk[]): UiAssistantMessage | undefined {
  return chunks.reduce<UiAssistantMessage | undefined>(applyUiChunk, undefined);
}

async function readBytes(events: readonly RunEvent[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await uiMessageStream(Readable.from(events)).arrayBuffer());
}

/** A body that breaks after so many bytes. An error would drop bytes that are not read yet. */
function breakAfter(bytes: Uint8Array<ArrayBuffer>, count: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isSent = count === 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (isSent) controller.error(new TypeError('network error'));
        else controller.enqueue(bytes.slice(0, count));
        isSent = true;
      },
    },
    { highWaterMark: 0 },
  );
}

interface ChunkSchema {
  readonly validate?: ((value: unknown) => unknown) | undefined;
}

async function expectValid(chunks: readonly UiChunk[], { validate }: ChunkSchema): Promise<void> {
  for (const chunk of chunks) expect(await validate?.(chunk), JSON.stringify(chunk)).toMatchObject({ success: true });
}

async function read(chunks: readonly UiChunk[]): Promise<UIMessage | undefined> {
  // Chunks are JSON on their way to a page.
  const stream = ReadableStream.from(JSON.parse(JSON.stringify(chunks)) as UIMessageChunk[]);
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream, terminateOnError: true })) last = message;
  return JSON.parse(JSON.stringify(last)) as UIMessage;
}

async function read6(chunks: readonly UiChunk[]): Promise<Pick<UIMessage, 'id' | 'parts'> | undefined> {
  const stream = ReadableStream.from(JSON.parse(JSON.stringify(chunks)) as UIMessageChunk6[]);
  let last: unknown;
  for await (const message of readUIMessageStream6({ stream, terminateOnError: true })) last = message;
  return JSON.parse(JSON.stringify(last)) as UIMessage;
}

function findLastText(message: Pick<UIMessage, 'parts'> | undefined): string | undefined {
  const part = message?.parts.findLast(({ type }) => type === 'text');
  return part !== undefined && 'text' in part ? part.text : undefined;
}

/** Agents that work in parallel call their tools in any order. */
function sortInnerCalls(message: object | undefined): object | undefined {
  if (message === undefined || !('parts' in message) || !Array.isArray(message.parts)) return message;
  const isInner = (part: object): boolean => 'toolCallId' in part && String(part.toolCallId).includes('.tool:');
  const inner = message.parts.filter(isInner).sort((one, other) => (one.toolCallId < other.toolCallId ? -1 : 1));
  return { ...message, parts: [...message.parts.filter((part: object) => !isInner(part)), ...inner] };
}
