import { type JsonObject, ModelError, ProtocolError } from '@pawl/core';
import type {
  AssistantMessage,
  ChatResponse,
  CompletionUsage,
  Delta,
  FinishReason,
  FunctionToolCall,
  Json,
} from '@pawl/core/chat';
import { type KeptParts, type ResponseLimits, readFinishKind } from '@pawl/core/model';
import { type BuiltPart, keepCall, keepFile, keepResult, listKept, withMetadata } from './kept.ts';
import type { FinishPart, Metadata, ProviderNote, StreamPart } from './model.ts';

type PartOf<Type extends StreamPart['type']> = Extract<StreamPart, { readonly type: Type }>;

interface Repair {
  readonly path: string;
  readonly note: string;
}

export interface BuiltResponse {
  readonly response: ChatResponse;
  /** What the provider left out or changed of the request. */
  readonly repairs: readonly Repair[];
}

export interface ResponseBuilderOptions {
  readonly provider: string;
  readonly limits: Required<ResponseLimits>;
  readonly maxKeptBytes: number;
}

type TextPart = Extract<BuiltPart, { readonly type: 'text' | 'reasoning' }>;
type CallPart = Extract<BuiltPart, { readonly type: 'call' }>;

/**
 * Builds a response from the parts of a stream. A whole result is read as such parts too, so that both give the same response.
 *
 * Metadata of the start, the deltas and the end of a part are merged, the last value of a key wins: providers send a signature at the end, with
 * an empty text.
 */
export class ResponseBuilder {
  readonly #options: ResponseBuilderOptions;
  readonly #parts: BuiltPart[] = [];
  readonly #texts = new Map<string, TextPart>();
  readonly #calls = new Map<string, CallPart>();
  /** Calls that the provider runs itself: their input is not a delta of the response. */
  readonly #providerCalls = new Set<string>();
  #callCount = 0;
  #length = 0;
  /** The reasoning part of the last delta. */
  #lastReasoning: TextPart | undefined;
  #warnings: readonly ProviderNote[] = [];
  #response: Omit<PartOf<'response-metadata'>, 'type'> = {};
  #finish: FinishPart | undefined;

  constructor(options: ResponseBuilderOptions) {
    this.#options = options;
  }

  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  /**
   * Checks that a stream has not ended early. If the server closes the connection between two parts, some providers finish without a reason.
   *
   * @throws ProtocolError in that case
   */
  checkStreamEnd(): void {
    const { unified, raw } = this.#finish?.finishReason ?? {};
    if (unified === 'other' && raw === undefined) throw createCutError('ended without a reason');
  }

  /**
   * Reads the next part. Returns what it adds to the response, for events.
   *
   * @throws ModelError for a part that is no part of a valid response, or beyond a limit.
   */
  read(part: StreamPart): Delta | undefined {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        this.#startText(part);
        return undefined;
      case 'text-delta':
      case 'reasoning-delta':
        return this.#extendText(part);
      case 'text-end':
      case 'reasoning-end':
        this.#endText(part);
        return undefined;
      case 'tool-input-start':
        return this.#startCall(part);
      case 'tool-input-delta':
        return this.#extendCall(part);
      case 'tool-input-end':
        this.#mergeCallMetadata(part);
        return undefined;
      case 'tool-call':
        return this.#readCall(part);
      case 'tool-result':
        if (part.preliminary !== true) this.#keep(keepResult(part));
        return undefined;
      case 'file':
      case 'reasoning-file':
        this.#keep(keepFile(part));
        return undefined;
      case 'custom':
        if (!STREAM_NOTES.has(part.kind))
          this.#keep(withMetadata({ type: part.type, kind: part.kind }, part.providerMetadata));
        return undefined;
      case 'tool-approval-request':
        throw createApprovalError(part);
      case 'stream-start':
        this.#warnings = part.warnings;
        return undefined;
      case 'response-metadata': {
        const { type: _, ...metadata } = part;
        this.#response = { ...this.#response, ...metadata };
        return undefined;
      }
      case 'finish':
        this.#finish = part;
        return undefined;
      case 'source':
      case 'raw':
      case 'ping':
      case 'error': // Thrown by the reader of the stream.
        return undefined;
    }
    // A later version of a provider may send other parts, which no response needs.
    return undefined;
  }

  /** @throws ProtocolError if the response is cut, or the provider says that it failed. */
  finish(): BuiltResponse {
    const finish = this.#finish;
    if (finish === undefined) throw createCutError('ended without its finish part');
    this.#checkEnds();
    const calls = this.#parts.flatMap((part) => (part.type === 'call' && part.call !== undefined ? [part.call] : []));
    const finishReason = readFinish(finish.finishReason, calls.length > 0);
    const usage = readUsage(finish.usage);
    const { id, modelId, timestamp } = this.#response;
    const created = timestamp === undefined ? Number.NaN : Math.floor(new Date(timestamp).getTime() / 1000);
    return {
      response: {
        ...(id !== undefined && { id }),
        object: 'chat.completion',
        ...(Number.isFinite(created) && { created }),
        ...(modelId !== undefined && { model: modelId }),
        choices: [{ index: 0, message: this.#buildMessage(calls), finish_reason: finishReason }],
        ...(usage && { usage }),
      },
      repairs: this.#warnings.map(describeWarning),
    };
  }

  #checkEnds(): void {
    const open = this.#parts.find((part) =>
      part.type === 'call' ? part.call === undefined : part.type !== 'kept' && part.isOpen,
    );
    if (open === undefined) return;
    throw createCutError(
      open.type === 'call' ? `left the call of "${open.name}" open` : `left a part of its ${open.type} open`,
    );
  }

  #buildMessage(calls: readonly FunctionToolCall[]): AssistantMessage {
    const text = this.#join('text');
    const reasoning = this.#join('reasoning');
    const kept = this.#buildKept();
    return {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(kept && { pawl_kept: kept }),
    };
  }

  #join(type: TextPart['type']): string {
    const texts = this.#parts.flatMap((part) => (part.type === type && part.text !== '' ? [part.text] : []));
    return texts.join(type === 'text' ? '' : REASONING_GAP);
  }

  #buildKept(): KeptParts | undefined {
    const parts: readonly Json[] | undefined = listKept(this.#parts);
    if (parts === undefined) return undefined;
    const { provider, maxKeptBytes } = this.#options;
    const { length } = JSON.stringify(parts);
    if (length > maxKeptBytes) {
      const message = `The response has ${length} characters that "${provider}" needs back in the next request, and is discarded. If it is meant to have that many, raise maxKeptBytes of fromAiSdk() above ${maxKeptBytes}.`;
      throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
    }
    return { provider, parts };
  }

  #startText({ type, id, providerMetadata: metadata }: PartOf<'text-start' | 'reasoning-start'>): void {
    const kind = type === 'text-start' ? 'text' : 'reasoning';
    const part: TextPart = { type: kind, text: '', isOpen: true, metadata };
    this.#parts.push(part);
    this.#texts.set(`${kind}:${id}`, part);
  }

  #findText({
    type,
    id,
  }: Pick<PartOf<'text-delta' | 'reasoning-delta' | 'text-end' | 'reasoning-end'>, 'type' | 'id'>): TextPart {
    const kind = type.startsWith('text') ? 'text' : 'reasoning';
    const known = this.#texts.get(`${kind}:${id}`);
    if (known !== undefined) return known;
    this.#startText({ type: `${kind}-start`, id });
    return this.#findText({ type, id });
  }

  #extendText(delta: PartOf<'text-delta' | 'reasoning-delta'>): Delta | undefined {
    const part = this.#findText(delta);
    part.metadata = mergeMetadata(part.metadata, delta.providerMetadata);
    if (delta.delta === '') return undefined;
    this.#count(delta.delta);
    part.text += delta.delta;
    if (part.type === 'text') return { type: 'text', delta: delta.delta };
    const isNext = this.#lastReasoning !== undefined && this.#lastReasoning !== part;
    this.#lastReasoning = part;
    return { type: 'reasoning', delta: isNext ? `${REASONING_GAP}${delta.delta}` : delta.delta };
  }

  #endText(end: PartOf<'text-end' | 'reasoning-end'>): void {
    const part = this.#findText(end);
    part.metadata = mergeMetadata(part.metadata, end.providerMetadata);
    part.isOpen = false;
    this.#texts.delete(`${part.type}:${end.id}`);
  }

  #startCall({ id, toolName, providerExecuted, providerMetadata }: PartOf<'tool-input-start'>): Delta | undefined {
    if (providerExecuted === true) {
      this.#providerCalls.add(id);
      return undefined;
    }
    const { index } = this.#addCall(id, toolName, providerMetadata);
    return { type: 'call', id, index, name: toolName, delta: '' };
  }

  #addCall(id: string, name: string, metadata: Metadata | undefined): CallPart {
    const { maxToolCalls } = this.#options.limits;
    if (this.#callCount >= maxToolCalls) {
      const message = `The response has more than ${maxToolCalls} tool calls and is discarded. If it is meant to have that many, raise responseLimits.maxToolCalls.`;
      throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
    }
    const part: CallPart = { type: 'call', index: this.#callCount++, name, call: undefined, metadata };
    this.#parts.push(part);
    this.#calls.set(id, part);
    return part;
  }

  #extendCall(delta: PartOf<'tool-input-delta'>): Delta | undefined {
    this.#mergeCallMetadata(delta);
    const part = this.#calls.get(delta.id);
    if (part === undefined || delta.delta === '') return undefined;
    this.#count(delta.delta);
    return { type: 'call', id: delta.id, index: part.index, name: part.name, delta: delta.delta };
  }

  #mergeCallMetadata({ id, providerMetadata }: PartOf<'tool-input-delta' | 'tool-input-end'>): void {
    const part = this.#calls.get(id);
    if (part !== undefined) part.metadata = mergeMetadata(part.metadata, providerMetadata);
  }

  /** The whole call wins over its deltas. */
  #readCall(call: PartOf<'tool-call'>): Delta | undefined {
    const { toolCallId: id, toolName: name, input, providerExecuted, providerMetadata } = call;
    if (providerExecuted === true || this.#providerCalls.has(id)) {
      this.#keep(keepCall(call));
      return undefined;
    }
    const started = this.#calls.get(id);
    // Some providers give two calls one id: each is a call of its own, and the history renames the second.
    const known = started?.call === undefined ? started : undefined;
    const part = known ?? this.#addCall(id, name, undefined);
    part.name = name;
    part.metadata = mergeMetadata(part.metadata, providerMetadata);
    const text = typeof input === 'string' ? input : JSON.stringify(input ?? {});
    part.call = { id, type: 'function', function: { name, arguments: text.trim() === '' ? '{}' : text } };
    if (known !== undefined) return undefined;
    this.#count(text);
    return { type: 'call', id, index: part.index, name, delta: text };
  }

  #keep(kept: JsonObject): void {
    this.#parts.push({ type: 'kept', kept });
  }

  #count({ length }: string): void {
    this.#length += length;
    const { maxBytes } = this.#options.limits;
    if (this.#length <= maxBytes) return;
    const message = `The response has more than ${maxBytes} characters and is discarded. If it is meant to be this long, raise responseLimits.maxBytes.`;
    throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
  }
}

/** Custom parts that are no content: the provider sends them in streams only, and does not read them. */
const STREAM_NOTES: ReadonlySet<string> = new Set(['anthropic.message_start']);

/** Between two parts of the reasoning, such as two summaries. */
const REASONING_GAP = '\n\n';

function mergeMetadata(before: Metadata | undefined, more: Metadata | undefined): Metadata | undefined {
  if (before === undefined || more === undefined) return more ?? before;
  const merged = { ...before };
  for (const [provider, fields] of Object.entries(more)) merged[provider] = { ...merged[provider], ...fields };
  return merged;
}

function createCutError(problem: string): ProtocolError {
  return new ProtocolError(`The response ${problem}. It is not used. Trying again may help.`, { code: 'response.cut' });
}

function createApprovalError({ toolCallId, approvalId }: PartOf<'tool-approval-request'>): ModelError {
  const message = `The provider asks for an approval ("tool-approval-request" ${approvalId} of the call ${toolCallId}) of a tool that it runs itself. Pawl cannot give it: turn the approval off in providerOptions, or run the tool as a tool of the agent.`;
  return new ModelError(message, { code: 'model.unsupported', retryable: false });
}

/** Reads how the response ended. What the provider's own word says more exactly wins: a paused turn is not complete. */
function readFinish({ unified, raw }: FinishPart['finishReason'], hasCalls: boolean): FinishReason | null {
  switch (unified) {
    case 'stop':
      if (readFinishKind(raw) === 'cut') return 'length';
      return hasCalls ? 'tool_calls' : 'stop';
    case 'tool-calls':
      return hasCalls ? 'tool_calls' : 'stop';
    case 'length':
      return 'length';
    case 'content-filter':
      return 'content_filter';
    case 'interrupted':
      throw createCutError('was interrupted');
    case 'error': {
      const reason = raw === undefined ? '' : ` ("${raw}")`;
      const message = `The provider says that the response failed${reason}. It is not used. Trying again may help.`;
      throw new ProtocolError(message, { code: 'response.error' });
    }
    case 'other':
      return raw ?? null;
  }
  // A later version of a provider may have other reasons.
  return raw ?? unified ?? null;
}

/** Returns `undefined` without both totals: the usage is estimated then. */
function readUsage(usage: FinishPart['usage'] | undefined): CompletionUsage | undefined {
  const { total: input, cacheRead, cacheWrite } = usage?.inputTokens ?? {};
  const { total: output, reasoning } = usage?.outputTokens ?? {};
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const cached = cacheRead === undefined ? {} : { cached_tokens: cacheRead };
  const written = cacheWrite === undefined ? {} : { cache_write_tokens: cacheWrite };
  const details = { ...cached, ...written };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(Object.keys(details).length > 0 && { prompt_tokens_details: details }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

function describeWarning(warning: ProviderNote): Repair {
  switch (warning.type) {
    case 'unsupported':
      return {
        path: `request.${warning.feature}`,
        note: `not supported by the provider: ${warning.details ?? 'left out'}`,
      };
    case 'compatibility':
      return {
        path: `request.${warning.feature}`,
        note: `sent in another form: ${warning.details ?? 'a compatible one'}`,
      };
    case 'deprecated':
      return { path: `request.${warning.setting}`, note: warning.message };
    case 'other':
      return { path: 'request', note: warning.message };
  }
  return { path: 'request', note: JSON.stringify(warning) };
}
