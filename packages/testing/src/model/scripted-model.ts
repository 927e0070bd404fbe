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
import { buildCompletion } from '../script/build-completion.ts';
import { Script, type ScriptEntries } from '../script/script.ts';
import type { Interruption, ScriptedModelResponse } from '../script/scripted-response.ts';
import { splitMessage } from '../script/split-message.ts';
import { createScriptedHttpError } from './scripted-http-error.ts';

export interface ScriptedModelOptions {
  /** @defaultValue 'scripted' */
  readonly name?: string;
  /** @defaultValue a price of 0, so that an agent with `limits.cost` can be tested */
  readonly price?: Price;
  /** Keeps only the newest requests. @defaultValue Infinity */
  readonly keepRequests?: number;
}

/** A model that responds from a script, without a server. */
export interface ScriptedModel extends ChatModel {
  readonly price: Price;
  /** In the order in which they came. */
  readonly requests: readonly ChatRequest[];
  /** @throws ScriptError unless every entry of the script was used. */
  assertDone(): void;
}

/**
 * Creates a `ChatModel` that gives each request the next response of a script, or the result of one function.
 *
 * A streamed request gets deltas first: words of the text, pieces of the arguments. Failures reject as over HTTP. An
 * exhausted script rejects with a `ScriptError`, which no retry repeats.
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
      const response = await waitUnlessAborted(entries.takeNext(request, context), signal);
      return await playResponse(response, { request, name, signal, onDelta });
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

interface PlayContext {
  readonly request: ChatRequest;
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onDelta: ModelContext['onDelta'];
}

async function playResponse(response: ScriptedModelResponse, context: PlayContext): Promise<ChatResponse> {
  switch (response.type) {
    case 'message': {
      const completion = buildCompletion(response, { request: context.request, model: context.name });
      await emitDeltas(listDeltas(completion), context);
      return completion;
    }
    case 'delayed':
      await waitUnlessAborted(Promise.allSettled([response.until]), context.signal);
      return playResponse(response.response, context);
    case 'stall': {
      const whole = buildCompletion(response.response, { request: context.request, model: context.name });
      await emitDeltas(listDeltas(whole).slice(0, response.afterChunks), context);
      await waitUnlessAborted(Promise.allSettled([response.until ?? new Promise(() => undefined)]), context.signal);
      await emitDeltas(listDeltas(whole).slice(response.afterChunks), context);
      return whole;
    }
    case 'cut':
      await emitPart(response, context);
      throw new ProtocolError('The scripted response was cut off: it ended without a finish reason.', {
        code: 'response.cut',
      });
    case 'reset':
      if (response.partly !== undefined) await emitPart(response.partly, context);
      throw new NetworkError('The scripted connection was reset.', {
        code: 'network.reset',
        address: 'script',
        phase: response.partly === undefined ? 'request' : 'response',
      });
    case 'stream-error':
      await emitPart(response, context);
      throw createServerError(response.error);
    case 'error-body':
      throw createServerError(response.error);
    case 'http-error':
      throw createScriptedHttpError(response);
  }
}

function listDeltas({ choices: [{ message }] }: ChatResponse): readonly Delta[] {
  return splitMessage(message).flatMap(({ delta }) => delta ?? []);
}

async function emitPart({ response, afterChunks }: Interruption, context: PlayContext): Promise<void> {
  const completion = buildCompletion(response, { request: context.request, model: context.name });
  await emitDeltas(listDeltas(completion).slice(0, afterChunks), context);
}

async function emitDeltas(deltas: readonly Delta[], { request, signal, onDelta }: PlayContext): Promise<void> {
  if (request.stream !== true) return;
  for (const delta of deltas) {
    signal.throwIfAborted();
    const behind = onDelta(delta);
    if (behind !== undefined) await waitUnlessAborted(behind, signal);
  }
  signal.throwIfAborted();
}

function createServerError(error: Json): ProtocolError {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error['message'] : error;
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return new ProtocolError(`The server answered with an error: ${text}`, {
    code: 'response.error',
    received: JSON.stringify({ error }),
  });
}

/** Rejects with the signal's reason as soon as the signal is aborted. */
async function waitUnlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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
