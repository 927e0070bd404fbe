import { type ChatModel, ConfigError, checkOptions, type ModelContext, type OptionTable } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import {
  completeModelContext,
  createFilteredResponse,
  isRecord,
  onCancel,
  PRICE,
  RESPONSE_LIMITS,
  resolvePrice,
  resolveResponseLimits,
  runUntilCancelled,
} from '@pawl/core/model';
import { CallOptionsWriter } from './call-options.ts';
import { type ErrorScope, FilteredPrompt, translateError } from './errors.ts';
import type { Model, StreamPart } from './model.ts';
import type { AiSdkModel, AiSdkOptions } from './options.ts';
import { type BuiltResponse, ResponseBuilder } from './response-builder.ts';
import { listParts } from './result-parts.ts';

/**
 * Makes a `ChatModel` of a language model of the AI SDK. Its provider's transport sends the requests; retries, limits and errors are Pawl's.
 *
 * What the provider needs back (signatures of thinking, encrypted reasoning, results of tools that it ran) is kept on the message, survives
 * a crash, and is sent to the same provider only.
 *
 * @throws ConfigError for an unknown option, for another specification, or for something that is no such model. A request throws it for a field
 * that the specification does not have: put it into `providerOptions`.
 *
 * @example
 * const agent = new Agent({ model: fromAiSdk(anthropic('claude-sonnet-4-5')), tools });
 */
export function fromAiSdk(model: AiSdkModel, aiSdkOptions: AiSdkOptions = {}): ChatModel {
  const checked = checkModel(model);
  const options = checkOptions(aiSdkOptions, AI_SDK_OPTIONS, 'fromAiSdk()');
  const name = options.name ?? checked.modelId;
  const price = options.price && resolvePrice(options.price, checked.modelId, 'fromAiSdk()');
  const writer = new CallOptionsWriter(checked, { ...options, name });
  const builderOptions = {
    provider: checked.provider,
    limits: resolveResponseLimits(options.responseLimits),
    maxKeptBytes: checkMaxKeptBytes(options.maxKeptBytes),
  };
  return {
    name,
    ...(price && { price }),
    server: { provider: checked.provider },
    ...(options.cacheKey !== undefined && { cacheKey: options.cacheKey }),
    async send(request, partialContext) {
      const context = completeModelContext(partialContext);
      const call = { model: checked, name, context, builder: new ResponseBuilder(builderOptions) };
      return sendCall(call, writer.write(request, context), request.stream === true);
    },
  };
}

const AI_SDK_OPTIONS: OptionTable<AiSdkOptions> = {
  keys: {
    name: 'text',
    price: PRICE,
    strict: 'boolean',
    filesInResults: 'boolean',
    providerOptions: ['object', 'function'],
    maxKeptBytes: 'number',
    responseLimits: RESPONSE_LIMITS,
    cacheKey: 'text',
  },
  hints: {
    maxRetries: 'It is an option of the agent: retry: { maxAttempts }.',
    retry: 'It is an option of the agent: retry: { maxAttempts }.',
    settings: 'It is an option of the agent: modelSettings.',
    temperature: 'It is a request field: modelSettings of the agent, { temperature }.',
    headers: 'It is an option of the provider: createAnthropic({ headers }).',
    apiKey: 'It is an option of the provider: createAnthropic({ apiKey }).',
    baseURL: 'It is an option of the provider: createAnthropic({ baseURL }).',
    fetch: 'It is an option of the provider: createAnthropic({ fetch }).',
    cost: 'The option is "price".',
    pricing: 'The option is "price".',
  },
};

/** JavaScript callers may pass anything. */
function checkModel(given: unknown): Model {
  const example = "Pass a language model of a provider: fromAiSdk(anthropic('claude-sonnet-4-5')).";
  if (typeof given === 'string')
    throw new ConfigError(`fromAiSdk() got the text "${given}", which is the name of no provider. ${example}`);
  if (!isRecord(given) || typeof given['doGenerate'] !== 'function' || typeof given['doStream'] !== 'function')
    throw new ConfigError(`fromAiSdk() got something without doGenerate and doStream. ${example}`);
  const { specificationVersion: version, provider, modelId } = given;
  if (version !== 'v4' && version !== 'v3') {
    throw new ConfigError(
      `fromAiSdk() got a model of the specification "${String(version)}". It knows v4 and v3, of AI SDK 7 and 6: use a version of the provider's package for one of these.`,
    );
  }
  if (typeof provider !== 'string' || typeof modelId !== 'string' || modelId === '')
    throw new ConfigError(`fromAiSdk() got a model without a provider or a modelId. ${example}`);
  return given as object as Model; // Its version says the form of the rest.
}

function checkMaxKeptBytes(max = 1_048_576): number {
  if (max >= 0) return max;
  throw new ConfigError(`fromAiSdk(): maxKeptBytes is ${max}. Pass a number of 0 or more, or Infinity for no limit.`);
}

interface Call {
  readonly model: Model;
  readonly name: string;
  readonly context: ModelContext;
  readonly builder: ResponseBuilder;
}

type CallOptions = ReturnType<CallOptionsWriter['write']>;

/** Makes one attempt. Rejects at once after an abort, also if the provider ignores its signal. */
async function sendCall(call: Call, options: CallOptions, isStreamed: boolean): Promise<ChatResponse> {
  const { model, name, context } = call;
  const scope = { model: name, provider: model.provider, now: () => context.clock.now() };
  const read = isStreamed ? readStream : readResult;
  try {
    const { response, repairs } = await runUntilCancelled(context.signal, () => read(call, options, scope));
    if (repairs.length > 0) context.onRepaired(repairs);
    return response;
  } catch (error) {
    if (!(error instanceof FilteredPrompt)) throw error;
    const { response, repairs } = createFilteredResponse(error.message);
    context.onRepaired(repairs);
    return response;
  }
}

type ReadScope = Omit<ErrorScope, 'phase'>;

async function readResult(
  { model, context, builder }: Call,
  options: CallOptions,
  scope: ReadScope,
): Promise<BuiltResponse> {
  const result = await rejectTranslated(() => model.doGenerate(options), scope);
  const deltas = listParts(result).flatMap((part) => builder.read(part) ?? []);
  const built = builder.finish(); // An invalid response must emit no deltas.
  for (const delta of deltas) if (!context.signal.aborted) await context.onDelta(delta);
  return built;
}

async function readStream(
  { model, context, builder }: Call,
  options: CallOptions,
  scope: ReadScope,
): Promise<BuiltResponse> {
  const { signal } = context;
  const { stream } = await rejectTranslated(() => model.doStream(options), scope);
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(ignore);
  const stop = onCancel(signal, cancel);
  /** An error of a listener is not an error of the provider. */
  let isReading = true;
  try {
    while (!builder.isFinished) {
      isReading = true;
      const { done, value } = await reader.read();
      if (done || signal.aborted) break;
      if (value.type === 'error') throw value.error;
      isReading = false;
      const delta = builder.read(value);
      const wait = delta && context.onDelta(delta);
      if (wait !== undefined) await wait;
    }
    isReading = false;
    builder.checkStreamEnd();
    const built = builder.finish();
    void drain(reader, context);
    return built;
  } catch (error) {
    cancel();
    throw isReading ? translateError(error, { ...scope, phase: 'response' }) : error;
  } finally {
    stop();
  }
}

async function rejectTranslated<T>(request: () => PromiseLike<T>, scope: ReadScope): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw translateError(error, { ...scope, phase: 'request' });
  }
}

/** The connection can be reused only if the stream ends soon after the response. */
async function drain(reader: ReadableStreamDefaultReader<StreamPart>, { clock }: ModelContext): Promise<void> {
  const cancelTimer = clock.after(MAX_DRAIN_MS, () => void reader.cancel().catch(ignore));
  try {
    while (!(await reader.read()).done);
  } catch {
    // The response is complete: what follows it cannot matter.
  } finally {
    cancelTimer();
  }
}

const MAX_DRAIN_MS = 1000;

function ignore(): void {}
