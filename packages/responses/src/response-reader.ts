import { ModelError, ProtocolError } from '@pawl/core';
import type { AssistantMessage, ChatResponse, Delta, FinishReason, Logprobs, ToolCall } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';
import {
  createFilterRepair,
  type FinishedResponse,
  isRecord,
  type PieceReader,
  type ReportedError,
  type ResponseEnd,
  toReportedError,
} from '@pawl/core/model';
import { type Item, isCall, listKeptItems, type ReadItem } from './kept-items.ts';
import { readUsage } from './read-usage.ts';

export interface ReaderOptions {
  /** As kept parts name it. */
  readonly provider: string;
  readonly maxToolCalls: number;
  readonly maxKeptBytes: number;
}

interface StartedCall {
  readonly id: string;
  /** Among the calls of the response. */
  readonly index: number;
  readonly name: string;
  readonly kind: 'function' | 'custom';
  hasDelta: boolean;
}

/**
 * Reads a response, streamed or whole: https://platform.openai.com/docs/api-reference/responses-streaming
 *
 * The deltas of a stream are emitted as they arrive. The response is that of the last event, which repeats everything: so both forms give the
 * same one.
 */
export class ResponsesReader implements PieceReader {
  readonly #options: ReaderOptions;
  /** The items that were complete, by their position in the output. */
  readonly #items = new Map<number, Item>();
  readonly #calls = new Map<number, StartedCall>();
  /** The positions of the items whose text was emitted. */
  readonly #emitted = new Set<number>();
  #hasText = false;
  #hasReasoning = false;
  #final: Item | undefined;
  #filter: ReportedError | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get isComplete(): boolean {
    return this.#final !== undefined || this.#filter !== undefined;
  }

  read(event: unknown): readonly Delta[] {
    if (!isRecord(event)) throw createGarbageError(event);
    const { type, response, item, delta } = event;
    const at = Number(event['output_index']);
    switch (type) {
      case 'response.output_item.added':
        return isRecord(item) ? this.#startItem(item, at) : NOTHING;
      case 'response.output_item.done':
        if (isRecord(item)) this.#items.set(at, item);
        return isRecord(item) && isCall(item) ? this.#endCall(item, at) : NOTHING;
      case 'response.output_text.delta':
        return this.#emitText(delta, at);
      case 'response.refusal.delta':
        this.#emitted.add(at);
        return toDelta('refusal', delta);
      case 'response.reasoning_summary_part.added':
        return this.#hasReasoning ? [{ type: 'reasoning', delta: REASONING_GAP }] : NOTHING;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#hasReasoning = true;
        this.#emitted.add(at);
        return toDelta('reasoning', delta);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return typeof delta === 'string' ? this.#emitCall(delta, at) : NOTHING;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        if (!isRecord(response)) throw createGarbageError(event);
        this.#end(response);
        return NOTHING;
      case 'error':
        this.#fail(toReportedError(event));
        return NOTHING;
      default:
        // Other events say what hosted tools do, or repeat what was sent. A server may have more.
        if (event['error'] != null && response === undefined) this.#fail(toReportedError(event['error'], event, event));
        return NOTHING;
    }
  }

  readBody(body: unknown): readonly Delta[] {
    if (!isRecord(body)) throw createGarbageError(body);
    if (body['error'] != null && !Array.isArray(body['output'])) this.#fail(toReportedError(body['error'], body, body));
    else this.#end(body);
    return NOTHING;
  }

  /** The deltas are those that no event had. */
  finish(_end: ResponseEnd): FinishedResponse {
    if (this.#filter !== undefined) return createFiltered(this.#filter);
    const final = this.#final;
    if (final === undefined) {
      throw new ProtocolError(
        'The stream ended without "response.completed": the response was cut off. Trying again may help.',
        { code: 'response.cut' },
      );
    }
    const repairs: Repair[] = [];
    const output = this.#listItems(final['output'], repairs);
    const read = readItems(output);
    const deltas = this.#listMissingDeltas(read);
    const calls = this.#readCalls(output, repairs);
    const message = this.#buildMessage(read, calls);
    const logprobs = readLogprobs(read);
    const usage = readUsage(final['usage']);
    const { id, created_at: created, model, service_tier: tier, metadata } = final;
    const response: ChatResponse = {
      ...(typeof id === 'string' && { id }),
      object: 'chat.completion',
      ...(typeof created === 'number' && { created: Math.floor(created) }),
      ...(typeof model === 'string' && { model }),
      choices: [
        {
          index: 0,
          message,
          finish_reason: readFinishReason(final, calls.length > 0),
          ...(logprobs && { logprobs }),
        },
      ],
      ...(usage && { usage }),
      ...(typeof tier === 'string' && { service_tier: tier }),
      ...(isRecord(metadata) && { metadata: metadata as Readonly<Record<string, string>> }), // As the request sent it.
    };
    return { response, repairs, deltas };
  }

  #end(response: Item): void {
    const { status, error } = response;
    if (status === 'failed' || error != null) {
      this.#fail(toReportedError(error ?? response, response, response));
      return;
    }
    const isEnded = status === 'completed' || status === 'incomplete';
    if (!isEnded && (status !== undefined || !Array.isArray(response['output']))) {
      const message =
        typeof status === 'string'
          ? `The response has the status "${status}", so it is not complete.`
          : "The server's response has no output, so it is not a response of Responses. Check baseURL.";
      throw new ProtocolError(message, {
        code: typeof status === 'string' ? 'response.cut' : 'response.garbage',
        received: JSON.stringify(response),
      });
    }
    this.#final = response;
  }

  /** A filter ends the response: that is an answer, which is not retried. */
  #fail(error: ReportedError): void {
    if (error.kind !== 'filtered') throw error;
    this.#filter = error;
  }

  #startItem(item: Item, at: number): readonly Delta[] {
    if (isCall(item)) {
      this.#startCall(item, at);
      return NOTHING;
    }
    // Text on the way to an answer is not a part of it.
    if (item['type'] !== 'message' || item['phase'] !== FINAL || !this.#hasText) return NOTHING;
    this.#emitted.add(at);
    return [{ type: 'text', delta: '', startsAnswer: true }];
  }

  #startCall({ type, call_id, id, name }: Item, at: number): StartedCall {
    const index = this.#calls.size;
    this.#checkCallCount(index + 1);
    const call: StartedCall = {
      id: [call_id, id].find((each) => typeof each === 'string' && each !== '')?.toString() ?? `call_${index}`,
      index,
      name: typeof name === 'string' ? name : '',
      kind: type === 'custom_tool_call' ? 'custom' : 'function',
      hasDelta: false,
    };
    this.#calls.set(at, call);
    return call;
  }

  #endCall(item: Item, at: number): readonly Delta[] {
    const call = this.#calls.get(at) ?? this.#startCall(item, at);
    return call.hasDelta ? NOTHING : this.#emitCall(readArguments(item), at);
  }

  #emitCall(delta: string, at: number): readonly Delta[] {
    const call = this.#calls.get(at);
    if (call === undefined) return NOTHING; // The item itself follows.
    call.hasDelta = true;
    const { id, index, name, kind } = call;
    return [{ type: 'call', id, index, name, ...(kind === 'custom' && { kind }), delta }];
  }

  #emitText(delta: unknown, at: number): readonly Delta[] {
    this.#hasText = true;
    this.#emitted.add(at);
    return toDelta('text', delta);
  }

  #checkCallCount(count: number): void {
    const { maxToolCalls } = this.#options;
    if (count <= maxToolCalls) return;
    throw new ProtocolError(
      `The response has more than ${maxToolCalls} tool calls and is discarded. If that is meant, raise responseLimits.maxToolCalls.`,
      { code: 'response.too_large', retryable: false },
    );
  }

  /** Some servers leave the items out of the last event of a stream. */
  #listItems(output: unknown, repairs: Repair[]): readonly Item[] {
    const listed = Array.isArray(output) ? output.filter(isRecord) : [];
    if (listed.length > 0 || this.#items.size === 0) return listed;
    repairs.push({ path: 'output', note: 'empty at the end of the stream: read from its events' });
    return [...this.#items].sort(([one], [other]) => one - other).map(([, item]) => item);
  }

  #listMissingDeltas(items: readonly ReadItem[]): readonly Delta[] {
    const deltas: Delta[] = [];
    let hasReasoning = this.#hasReasoning;
    for (const [at, { item, text, isContent }] of items.entries()) {
      if (isCall(item)) {
        deltas.push(...this.#endCall(item, at));
      } else if (this.#emitted.has(at)) {
      } else if (text !== undefined) {
        const refusal = readParts(item, 'refusal');
        const startsAnswer = isContent && item['phase'] === FINAL && this.#hasText;
        if (text !== '') deltas.push({ type: 'text', delta: text, ...(startsAnswer && { startsAnswer }) });
        if (refusal !== '') deltas.push({ type: 'refusal', delta: refusal });
        this.#hasText ||= text !== '';
      } else if (item['type'] === 'reasoning') {
        const reasoning = readReasoning(item);
        if (reasoning === '') continue;
        deltas.push({ type: 'reasoning', delta: hasReasoning ? REASONING_GAP + reasoning : reasoning });
        hasReasoning = true;
      }
    }
    return deltas;
  }

  #readCalls(items: readonly Item[], repairs: Repair[]): readonly ToolCall[] {
    const calls = items.flatMap((item, at) => {
      const started = isCall(item) ? this.#calls.get(at) : undefined;
      return started === undefined ? [] : [toToolCall(item, { started, at, repairs })];
    });
    this.#checkCallCount(calls.length);
    return calls;
  }

  #buildMessage(items: readonly ReadItem[], calls: readonly ToolCall[]): AssistantMessage {
    const asking = items.find(({ item }) => item['type'] === 'mcp_approval_request');
    if (asking !== undefined) throw createApprovalError(asking.item);
    const content = items.map(({ text, isContent }) => (isContent ? text : '')).join('');
    const refusal = items.map(({ item }) => readParts(item, 'refusal')).join('');
    const reasoning = items.map(({ item }) => (item['type'] === 'reasoning' ? readReasoning(item) : ''));
    const reasoningText = reasoning.filter((text) => text !== '').join(REASONING_GAP);
    const annotations = items.flatMap(({ item }) => readAnnotations(item));
    const { provider, maxKeptBytes } = this.#options;
    const kept = listKeptItems(items, maxKeptBytes);
    return {
      role: 'assistant',
      content: content === '' ? null : content,
      ...(refusal !== '' && { refusal }),
      ...(reasoningText !== '' && { reasoning_content: reasoningText }),
      ...(annotations.length > 0 && { annotations }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(kept && { pawl_kept: { provider, parts: kept } }),
    };
  }
}

const NOTHING: readonly Delta[] = [];

/** Between two parts of the reasoning, such as two summaries. */
const REASONING_GAP = '\n\n';

/** The phase of a message that is the answer. */
const FINAL = 'final_answer';

function toDelta(type: 'text' | 'refusal' | 'reasoning', delta: unknown): readonly Delta[] {
  return typeof delta === 'string' && delta !== '' ? [{ type, delta }] : NOTHING;
}

/** Text on the way to an answer is a part of the content only if there is no answer. */
function readItems(items: readonly Item[]): readonly ReadItem[] {
  const hasAnswer = items.some(({ type, phase }) => type === 'message' && phase === FINAL);
  return items.map((item) => {
    const isMessage = item['type'] === 'message';
    const isContent = isMessage && (!hasAnswer || item['phase'] === FINAL);
    return { item, text: isMessage ? readParts(item, 'text') : undefined, isContent };
  });
}

function readParts({ type, content }: Item, kind: 'text' | 'refusal'): string {
  if (type !== 'message' || !Array.isArray(content)) return '';
  return content.map((part) => (isRecord(part) && typeof part[kind] === 'string' ? part[kind] : '')).join('');
}

/** Servers of open models send the reasoning itself, OpenAI a summary. */
function readReasoning({ summary, content }: Item): string {
  const parts = [summary, content].find((each) => Array.isArray(each) && each.length > 0);
  if (!Array.isArray(parts)) return '';
  return parts
    .flatMap((part) => (isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : []))
    .join(REASONING_GAP);
}

function readArguments(item: Item): string {
  const text = item['type'] === 'custom_tool_call' ? item['input'] : item['arguments'];
  return typeof text === 'string' ? text : '';
}

interface CallScope {
  readonly started: StartedCall;
  /** The position of the item. */
  readonly at: number;
  readonly repairs: Repair[];
}

function toToolCall(item: Item, { started, at, repairs }: CallScope): ToolCall {
  const { id, name, kind } = started;
  if (item['call_id'] !== id) repairs.push({ path: `output[${at}].call_id`, note: `missing: now "${id}"` });
  const text = readArguments(item);
  if (kind === 'custom') return { id, type: 'custom', custom: { name, input: text } };
  return { id, type: 'function', function: { name, arguments: text.trim() === '' ? '{}' : text } };
}

function readFinishReason({ status, incomplete_details: details }: Item, hasCalls: boolean): FinishReason {
  if (status !== 'incomplete') return hasCalls ? 'tool_calls' : 'stop';
  const reason = isRecord(details) ? details['reason'] : undefined;
  return reason === 'content_filter' ? 'content_filter' : 'length';
}

function readLogprobs(items: readonly ReadItem[]): Logprobs | undefined {
  const content = items.flatMap(({ item, isContent }) => {
    const parts = isContent && Array.isArray(item['content']) ? item['content'] : [];
    return parts.flatMap((part) => (isRecord(part) && Array.isArray(part['logprobs']) ? part['logprobs'] : []));
  });
  return content.length === 0 ? undefined : { content, refusal: null };
}

function readAnnotations({ type, content }: Item): NonNullable<AssistantMessage['annotations']> {
  if (type !== 'message' || !Array.isArray(content)) return [];
  return content
    .flatMap((part) => (isRecord(part) && Array.isArray(part['annotations']) ? part['annotations'] : []))
    .flatMap((annotation) => {
      if (!isRecord(annotation) || annotation['type'] !== 'url_citation') return [];
      const { start_index, end_index, title, url } = annotation;
      if (typeof start_index !== 'number' || typeof end_index !== 'number' || typeof url !== 'string') return [];
      return [
        {
          type: 'url_citation' as const,
          url_citation: { start_index, end_index, title: typeof title === 'string' ? title : url, url },
        },
      ];
    });
}

function createFiltered({ statement }: ReportedError): FinishedResponse {
  return {
    response: {
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'content_filter' }],
    },
    repairs: [createFilterRepair(statement)],
    deltas: [],
  };
}

function createGarbageError(received: unknown): ProtocolError {
  return new ProtocolError('The server sent JSON that is not an object, so it is not a response.', {
    code: 'response.garbage',
    received: JSON.stringify(received),
  });
}

function createApprovalError({ name, server_label: server }: Item): ModelError {
  return new ModelError(
    `The server asks for an approval of the MCP tool "${String(name)}" of "${String(server)}", which it runs itself. Pawl cannot give it: set require_approval: 'never' in hostedTools, or use the MCP server as tools of the agent.`,
    { code: 'model.unsupported', retryable: false },
  );
}
