import {
  type ChatModel,
  checkOptions,
  type ModelContext,
  NetworkError,
  type OptionTable,
  type Price,
  ProtocolError,
} from '@pawl/core';
import type { ChatRequest, ChatResponse, Delta, Json } from '@pawl/core/chat';
import { completion } from '../script/completion.ts';
import { pieces } from '../script/pieces.ts';
import type { Interruption, ScriptedModelResponse } from '../script/reply.ts';
import { Script, type ScriptEntries } from '../script/script.ts';
import { scriptedHttpError } from './scripted-http-error.ts';

export interface ScriptedModelOptions {
  /** @defaultValue 'scripted' */
  readonly name?: string;
  /** @defaultValue a price of 0, so that an agent with `limits.cost` can be tested */
  readonly price?: Price;
  /** The newest requests are kept, so many of them. @defaultValue Infinity */
  readonly keepRequests?: number;
}

/** A model that says what a script says, without a server. */
export interface ScriptedModel extends ChatModel {
  readonly price: Price;
  /** In the order in which they came. */
  readonly requests: readonly ChatRequest[];
  /** @throws ScriptError unless every entry of the script was used. */
  assertDone(): void;
}

/**
 * A `ChatModel` that answers each request with the next reply, or all of them with what one function gives.
 *
 * Where the request is streamed, deltas are told first: words of the text, pieces of the arguments. Faults reject as they
 * would over HTTP. When the script is used up, it rejects with a `ScriptError`, which no retry repeats.
 */
export function scriptedModel(
  script: ScriptEntries<ScriptedModelResponse>,
  given: ScriptedModelOptions = {},
): ScriptedModel {
  const options = checkOptions(given, SCRIPTED_MODEL, 'scriptedModel');
  const { name = 'scripted', price = FREE, keepRequests = Number.POSITIVE_INFINITY } = options;
  const entries = new Script(script);
  const requests: ChatRequest[] = [];
  return {
    name,
    price,
    requests,
    assertDone: () => entries.assertDone(),
    async send(request, context = {}) {
      const { signal = new AbortController().signal, onDelta = () => undefined } = context;
      signal.throwIfAborted();
      requests.push(request);
      if (requests.length > keepRequests) requests.shift();
      const reply = await unlessAborted(entries.next(request, context), signal);
      return await play(reply, { request, name, signal, onDelta });
    },
  };
}

const FREE: Price = { input: 0, output: 0 };
const SCRIPTED_MODEL: OptionTable<ScriptedModelOptions> = {
  keys: {
    name: 'text',
    price: { keys: { input: 'number', output: 'number', cachedInput: 'number' } },
    keepRequests: 'number',
  },
};

interface Play {
  readonly request: ChatRequest;
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onDelta: ModelContext['onDelta'];
}

async function play(reply: ScriptedModelResponse, context: Play): Promise<ChatResponse> {
  switch (reply.type) {
    case 'message': {
      const given = completion(reply, { request: context.request, model: context.name });
      await tell(deltas(given), context);
      return given;
    }
    case 'held':
      await unlessAborted(Promise.allSettled([reply.until]), context.signal);
      return play(reply.reply, context);
    case 'stall': {
      const whole = completion(reply.reply, { request: context.request, model: context.name });
      await tell(deltas(whole).slice(0, reply.afterChunks), context);
      await unlessAborted(Promise.allSettled([reply.until ?? new Promise(() => undefined)]), context.signal);
      await tell(deltas(whole).slice(reply.afterChunks), context);
      return whole;
    }
    case 'cut':
      await tellPart(reply, context);
      throw new ProtocolError('The scripted reply was cut off: it ended without a finish reason.', {
        code: 'response.cut',
      });
    case 'reset':
      if (reply.partly !== undefined) await tellPart(reply.partly, context);
      throw new NetworkError('The scripted connection was reset.', {
        code: 'network.reset',
        address: 'script',
        phase: reply.partly === undefined ? 'request' : 'reply',
      });
    case 'stream-error':
      await tellPart(reply, context);
      throw errorInside(reply.error);
    case 'error-body':
      throw errorInside(reply.error);
    case 'http-error':
      throw scriptedHttpError(reply);
  }
}

function deltas({ choices: [{ message }] }: ChatResponse): readonly Delta[] {
  return pieces(message).flatMap(({ told }) => told ?? []);
}

async function tellPart({ reply, afterChunks }: Interruption, context: Play): Promise<void> {
  const given = completion(reply, { request: context.request, model: context.name });
  await tell(deltas(given).slice(0, afterChunks), context);
}

async function tell(told: readonly Delta[], { request, signal, onDelta }: Play): Promise<void> {
  if (request.stream !== true) return;
  for (const delta of told) {
    signal.throwIfAborted();
    const behind = onDelta(delta);
    if (behind !== undefined) await unlessAborted(behind, signal);
  }
  signal.throwIfAborted();
}

function errorInside(error: Json): ProtocolError {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error['message'] : error;
  const said = typeof message === 'string' ? message : JSON.stringify(message);
  return new ProtocolError(`The server answered with an error: ${said}`, {
    code: 'response.error',
    received: JSON.stringify({ error }),
  });
}

/** Rejects with the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
