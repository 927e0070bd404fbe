import type { ChatReply, ChatRequest, Json } from '@pawl/core';
import { reply } from '../script/build-reply.ts';
import { type ChatChunk, chunks } from '../script/chunks.ts';
import type { Reply } from '../script/reply.ts';
import { isObject, readJson } from '../stand-in/json.ts';

/** What servers do otherwise than OpenAI's, and a client absorbs: the reply says the same. */
export type QuirkName =
  | 'byte-splits'
  | 'carriage-returns'
  | 'comments'
  | 'other-form'
  | 'no-usage'
  | 'no-role'
  | 'finish-stop'
  | 'no-call-ids'
  | 'no-call-types'
  | 'index-zero'
  | 'indexes-from-one'
  | 'arguments-as-object';

interface Quirk {
  /** How the chunks of a stream come. */
  readonly chunk?: (chunk: ChatChunk) => ChatChunk | readonly ChatChunk[];
  /** How a whole reply comes. */
  readonly whole?: (given: ChatReply) => Json;
  /** How the text of the stream is written. */
  readonly text?: (text: string) => readonly (string | Uint8Array)[];
}

/** A server's reply with one quirk, in the form that was asked for. */
export function quirky(name: QuirkName, given: ChatReply, { stream, stream_options: options }: ChatRequest): Reply {
  const { chunk = (each) => each, whole = (each) => each as unknown as Json, text = (each) => [each] } = QUIRKS[name]; // A reply is JSON.
  const isStreamed = (stream === true) !== (name === 'other-form');
  if (!isStreamed) return reply.body(whole(given));
  const frames = chunks(given, { includeUsage: options?.include_usage === true }).flatMap((each) => chunk(each));
  const written = [...frames.map((each) => `data: ${JSON.stringify(each)}\n\n`), 'data: [DONE]\n\n'];
  return reply.sse(written.flatMap((each) => [...text(each)]));
}

const QUIRKS: Readonly<Record<QuirkName, Quirk>> = {
  /** Each byte is a write of its own. */
  'byte-splits': { text: (text) => [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte)) },
  'carriage-returns': { text: (text) => [text.replaceAll('\n', '\r\n')] },
  comments: { text: (text) => [`: keep-alive\n\n${text}`] },
  'other-form': {},
  'no-usage': {
    chunk: ({ usage: _, ...chunk }) => (chunk.choices.length === 0 ? [] : [chunk]),
    whole: ({ usage: _, ...given }) => given as unknown as Json, // As above.
  },
  'no-role': { chunk: (chunk) => withDelta(chunk, ({ role: _, ...delta }) => delta) },
  /** Calls, and a finish reason that says there are none. */
  'finish-stop': {
    chunk: (chunk) => ({
      ...chunk,
      choices: chunk.choices.map((choice) => ({ ...choice, finish_reason: denied(choice.finish_reason) })),
    }),
    whole: (given) => withChoice(given, (choice) => ({ ...choice, finish_reason: denied(choice['finish_reason']) })),
  },
  'no-call-ids': {
    chunk: (chunk) => withCalls(chunk, ({ id: _, ...call }) => call),
    whole: (given) => withWholeCalls(given, ({ id: _, ...call }) => call),
  },
  'no-call-types': {
    chunk: (chunk) => withCalls(chunk, ({ type: _, ...call }) => call),
    whole: (given) => withWholeCalls(given, ({ type: _, ...call }) => call),
  },
  /** Every parallel call says that it is the first. */
  'index-zero': { chunk: (chunk) => withCalls(chunk, (call) => ({ ...call, index: 0 })) },
  'indexes-from-one': {
    chunk: (chunk) => withCalls(chunk, (call) => ({ ...call, index: Number(call['index']) + 1 })),
  },
  'arguments-as-object': {
    whole: (given) => withWholeCalls(given, (call) => ({ ...call, function: withObject(call['function']) })),
  },
};

export const QUIRK_NAMES = Object.keys(QUIRKS) as readonly QuirkName[]; // These are its keys.

/** A reply that was cut or filtered stays one: it says the same. */
function denied<Reason>(finishReason: Reason): Reason | 'stop' {
  return finishReason === 'tool_calls' ? 'stop' : finishReason;
}

type Fields = Readonly<Record<string, unknown>>;

function withDelta(chunk: ChatChunk, change: (delta: Fields) => Fields): ChatChunk {
  return { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, delta: change(choice.delta) })) };
}

function withCalls(chunk: ChatChunk, change: (call: Fields) => Fields): ChatChunk {
  return withDelta(chunk, (delta) => changed(delta, change));
}

function withWholeCalls(given: ChatReply, change: (call: Fields) => Fields): Json {
  return withChoice(given, (choice) => ({ ...choice, message: changed(choice['message'] as Fields, change) })); // A message is an object.
}

function withChoice(given: ChatReply, change: (choice: Fields) => Fields): Json {
  return { ...given, choices: given.choices.map((choice) => change({ ...choice })) } as unknown as Json; // A reply is JSON.
}

function changed(holder: Fields, change: (call: Fields) => Fields): Fields {
  const { tool_calls: calls } = holder;
  return Array.isArray(calls) ? { ...holder, tool_calls: calls.map(change) } : holder;
}

function withObject(given: unknown): unknown {
  if (!isObject(given) || typeof given['arguments'] !== 'string') return given;
  return { ...given, arguments: readJson(given['arguments']) ?? given['arguments'] };
}
