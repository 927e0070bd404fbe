import type { ChatResponse, Json } from '@pawl/core/chat';
import { isObject, readJson } from '../../base/json.ts';
import type { ChatChunk } from '../../script/build-chunks.ts';

export type Fields = Readonly<Record<string, unknown>>;

/**
 * A deviation from OpenAI's server that keeps the meaning of the response. Without a function for a form, that form is
 * unchanged.
 */
export interface Quirk {
  /** Changes the chunks of a stream. */
  readonly stream?: (chunks: readonly ChatChunk[]) => readonly object[];
  /** Changes a whole body. */
  readonly whole?: (response: ChatResponse) => Fields;
  /** Changes the frames of a stream: one per event, the last one is `[DONE]`. */
  readonly writeStream?: (events: readonly string[]) => readonly (string | Uint8Array)[];
  /** Responds in the form that was not requested. */
  readonly isOtherForm?: true;
}

/** Applies a change to each chunk of a stream. */
export function mapChunks(change: (chunk: ChatChunk) => object | undefined): NonNullable<Quirk['stream']> {
  return (chunks) => chunks.flatMap((chunk) => change(chunk) ?? []);
}

export function withDelta(chunk: ChatChunk, change: (delta: Fields) => unknown): Fields {
  return { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, delta: change(choice.delta) })) };
}

/** Applies a change to each call of a stream and of a whole body. */
export function mapCalls(change: (call: Fields, at: CallPosition) => Fields): Pick<Quirk, 'stream' | 'whole'> {
  return { ...mapStreamedCalls(change), whole: mapWholeCalls(change) };
}

export interface CallPosition {
  readonly position: number;
  /** Whether this is the first delta of the call; true for every call of a whole body. */
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

/** Applies a change to each delta of a stream and to the message of a whole body. */
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

/** Changes the calls of a message or a delta; returns one without calls unchanged. */
export function withCalls(holder: Fields, change: (call: Fields, position: number) => Fields): Fields {
  return holder['tool_calls'] === undefined ? holder : { ...holder, tool_calls: readToolCalls(holder).map(change) };
}

/** Changes the called function; returns a call of a custom tool unchanged. */
export function withFunction(call: Fields, change: (called: Fields) => Fields): Fields {
  const { function: called } = call;
  return isObject(called) ? { ...call, function: change(called) } : call;
}

export function parseArguments(called: Fields): Fields {
  const { arguments: text } = called;
  return typeof text === 'string' ? { ...called, arguments: readJson(text) ?? text } : called;
}

/** A response and its parts are JSON. */
export function asJson(fields: Fields): Json {
  return fields as Json;
}
