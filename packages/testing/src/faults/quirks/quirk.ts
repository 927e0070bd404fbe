import type { ChatResponse, Json } from '@pawl/core/chat';
import { isObject, readJson } from '../../base/json.ts';
import type { ChatChunk } from '../../script/build-chunks.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What a server does otherwise than OpenAI's; the reply says the same. Where a form has no change, it comes as it is. */
export interface Quirk {
  /** How the chunks of a stream come. */
  readonly stream?: (chunks: readonly ChatChunk[]) => readonly object[];
  /** How a whole reply comes. */
  readonly whole?: (response: ChatResponse) => Fields;
  /** How the stream is written: an entry for each event, the last one being `[DONE]`. */
  readonly writeStream?: (events: readonly string[]) => readonly (string | Uint8Array)[];
  /** Answers in the form that was not asked for. */
  readonly isOtherForm?: true;
}

/** Of each chunk of a stream, one by one. */
export function mapChunks(change: (chunk: ChatChunk) => object | undefined): NonNullable<Quirk['stream']> {
  return (chunks) => chunks.flatMap((chunk) => change(chunk) ?? []);
}

export function withDelta(chunk: ChatChunk, change: (delta: Fields) => unknown): Fields {
  return { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, delta: change(choice.delta) })) };
}

/** Of each call, in a stream and in a whole reply. `position`: of the call among its siblings. */
export function mapCalls(change: (call: Fields, at: CallPosition) => Fields): Pick<Quirk, 'stream' | 'whole'> {
  return { ...mapStreamedCalls(change), whole: mapWholeCalls(change) };
}

export interface CallPosition {
  readonly position: number;
  /** Whether it is the call's first piece; of a whole reply each is. */
  readonly isFirst: boolean;
}

export function mapStreamedCalls(change: (call: Fields, at: CallPosition) => Fields): Pick<Quirk, 'stream'> {
  return {
    stream: mapChunks((chunk) =>
      withDelta(chunk, (delta) =>
        withCalls(delta, (call) =>
          change(call, { position: Number(call['index']), isFirst: call['id'] !== undefined }),
        ),
      ),
    ),
  };
}

function mapWholeCalls(change: (call: Fields, at: CallPosition) => Fields): (response: ChatResponse) => Fields {
  return (response) =>
    withMessage(response, (message) =>
      withCalls(message, (call, position) => change(call, { position, isFirst: true })),
    );
}

/** Of each delta of a stream, and of the message of a whole reply. */
export function mapMessages(change: (message: Fields) => Fields): Quirk {
  return {
    stream: mapChunks((chunk) => withDelta(chunk, change)),
    whole: (response) => withMessage(response, change),
  };
}

export function withMessage(response: ChatResponse, change: (message: Fields) => Fields): Fields {
  return {
    ...response,
    choices: response.choices.map((choice) => ({ ...choice, message: change({ ...choice.message }) })),
  };
}

export function withFinish(holder: ChatResponse | ChatChunk, change: (reason: unknown) => unknown): Fields {
  const choices = holder.choices.map((choice) => ({ ...choice, finish_reason: change(choice.finish_reason) }));
  return { ...holder, choices };
}

export function readToolCalls({ tool_calls: calls }: Fields): readonly Fields[] {
  return Array.isArray(calls) ? calls.filter(isObject) : [];
}

/** A message, or a delta of one, with its calls changed; as it is where it has none. */
export function withCalls(holder: Fields, change: (call: Fields, position: number) => Fields): Fields {
  return holder['tool_calls'] === undefined ? holder : { ...holder, tool_calls: readToolCalls(holder).map(change) };
}

/** The called function, changed. Of a custom tool there is none. */
export function withFunction(call: Fields, change: (called: Fields) => Fields): Fields {
  const { function: called } = call;
  return isObject(called) ? { ...call, function: change(called) } : call;
}

export function parseArguments(called: Fields): Fields {
  const { arguments: text } = called;
  return typeof text === 'string' ? { ...called, arguments: readJson(text) ?? text } : called;
}

/** A reply, or a part of one, is JSON. */
export function asJson(fields: Fields): Json {
  return fields as Json;
}
