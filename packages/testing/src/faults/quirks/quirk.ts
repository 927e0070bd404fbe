import type { ChatResponse, Json } from '@pawl/core/chat';
import { isObject, readJson } from '../../base/json.ts';
import type { ChatChunk } from '../../script/chunks.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What a server does otherwise than OpenAI's; the reply says the same. Where a form has no change, it comes as it is. */
export interface Quirk {
  /** How the chunks of a stream come. */
  readonly stream?: (chunks: readonly ChatChunk[]) => readonly object[];
  /** How a whole reply comes. */
  readonly whole?: (reply: ChatResponse) => Fields;
  /** How the stream is written: an entry for each event, the last one being `[DONE]`. */
  readonly written?: (events: readonly string[]) => readonly (string | Uint8Array)[];
  /** Answers in the form that was not asked for. */
  readonly isOtherForm?: true;
}

/** Of each chunk of a stream, one by one. */
export function eachChunk(change: (chunk: ChatChunk) => object | undefined): NonNullable<Quirk['stream']> {
  return (chunks) => chunks.flatMap((chunk) => change(chunk) ?? []);
}

export function withDelta(chunk: ChatChunk, change: (delta: Fields) => unknown): Fields {
  return { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, delta: change(choice.delta) })) };
}

/** Of each call, in a stream and in a whole reply. `position`: of the call among its siblings. */
export function eachCall(change: (call: Fields, at: Position) => Fields): Pick<Quirk, 'stream' | 'whole'> {
  return { ...streamedCalls(change), whole: wholeCalls(change) };
}

export interface Position {
  readonly position: number;
  /** Whether it is the call's first piece; of a whole reply each is. */
  readonly isFirst: boolean;
}

export function streamedCalls(change: (call: Fields, at: Position) => Fields): Pick<Quirk, 'stream'> {
  return {
    stream: eachChunk((chunk) =>
      withDelta(chunk, (delta) =>
        withCalls(delta, (call) =>
          change(call, { position: Number(call['index']), isFirst: call['id'] !== undefined }),
        ),
      ),
    ),
  };
}

function wholeCalls(change: (call: Fields, at: Position) => Fields): (reply: ChatResponse) => Fields {
  return (reply) =>
    withMessage(reply, (message) => withCalls(message, (call, position) => change(call, { position, isFirst: true })));
}

/** Of each delta of a stream, and of the message of a whole reply. */
export function eachMessage(change: (message: Fields) => Fields): Quirk {
  return {
    stream: eachChunk((chunk) => withDelta(chunk, change)),
    whole: (reply) => withMessage(reply, change),
  };
}

export function withMessage(reply: ChatResponse, change: (message: Fields) => Fields): Fields {
  return { ...reply, choices: reply.choices.map((choice) => ({ ...choice, message: change({ ...choice.message }) })) };
}

export function withFinish(holder: ChatResponse | ChatChunk, change: (reason: unknown) => unknown): Fields {
  const choices = holder.choices.map((choice) => ({ ...choice, finish_reason: change(choice.finish_reason) }));
  return { ...holder, choices };
}

export function callsIn({ tool_calls: calls }: Fields): readonly Fields[] {
  return Array.isArray(calls) ? calls.filter(isObject) : [];
}

/** A message, or a delta of one, with its calls changed; as it is where it has none. */
export function withCalls(holder: Fields, change: (call: Fields, position: number) => Fields): Fields {
  return holder['tool_calls'] === undefined ? holder : { ...holder, tool_calls: callsIn(holder).map(change) };
}

/** The called function, changed. Of a custom tool there is none. */
export function withFunction(call: Fields, change: (called: Fields) => Fields): Fields {
  const { function: called } = call;
  return isObject(called) ? { ...call, function: change(called) } : call;
}

export function parsed(called: Fields): Fields {
  const { arguments: text } = called;
  return typeof text === 'string' ? { ...called, arguments: readJson(text) ?? text } : called;
}

/** A reply, or a part of one, is JSON. */
export function asJson(fields: Fields): Json {
  return fields as Json;
}
