import { isRecord } from '../base/json.ts';
import { type AssistantMessage, getCallArguments, getMessageText, type Message } from '../chat/message.ts';
import { readReasoning } from '../chat/message-reader.ts';
import { readUsage } from '../chat/read-usage.ts';
import { RepairList } from '../chat/repair-list.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { Usage } from '../event/usage.ts';
import type { Price } from '../model/chat-model.ts';
import { computeCost } from './budget.ts';

/** English text has about 4 bytes per token, Chinese about 3. The value makes estimates rather too high than too low. */
const BYTES_PER_TOKEN = 3.5;
const TOKENS_PER_MESSAGE = 4;

/** Estimates the tokens of a prompt, for a reservation before the server counts them. */
export function estimatePrompt({ messages, tools = [] }: ChatRequest): number {
  const messageBytes = messages.reduce((sum, message) => sum + measureOnce(message, measureSent), 0);
  // Each tool is measured once, because turns send different lists of the same tools. The commas and brackets are added below.
  const toolBytes = tools.reduce((sum, tool) => sum + measureOnce(tool, (each) => countBytes(JSON.stringify(each))), 0);
  const bytes = messageBytes + toolBytes + Math.max(tools.length + 1, 2);
  return Math.ceil(bytes / BYTES_PER_TOKEN) + messages.length * TOKENS_PER_MESSAGE;
}

const sizes = new WeakMap<object, number>();

/** Measures an object once: each turn estimates the whole conversation again. */
function measureOnce<T extends object>(object: T, measure: (object: T) => number): number {
  const known = sizes.get(object);
  if (known !== undefined) return known;
  const size = measure(object);
  sizes.set(object, size);
  return size;
}

/** Includes the parts that a provider gets back: signatures and encrypted reasoning are billed as input. */
function measureSent(message: Message): number {
  const kept = message.role === 'assistant' ? message.pawl_kept : undefined;
  return measureMessage(message) + (kept === undefined ? 0 : countBytes(JSON.stringify(kept.parts)));
}

function measureMessage(message: Message): number {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  return countBytes(getMessageText(message)) + calls.reduce((sum, call) => sum + countBytes(getCallArguments(call)), 0);
}

const encoder = new TextEncoder();

/** Counts UTF-8 bytes: scripts that use more bytes also use more tokens. */
function countBytes(text: string): number {
  return encoder.encode(text).length;
}

export interface PricedRequest {
  readonly request: ChatRequest;
  readonly price: Price | undefined;
}

/** Computes the usage of a response: the server's count, or an estimate with `estimated: true`. */
export function computeUsage(
  { usage, choices: [{ message }] }: ChatResponse,
  { request, price }: PricedRequest,
): Usage {
  if (!isRecord(usage)) {
    return { requests: 1, ...estimateCounts({ request, price, receivedBytes: measureGenerated(message) }) };
  }
  // The usage of a user's model is not checked: it may be the raw object of its server.
  const read = readUsage(usage, new RepairList());
  const counts = {
    inputTokens: read.prompt_tokens,
    cachedInputTokens: read.prompt_tokens_details?.cached_tokens ?? 0,
    outputTokens: read.completion_tokens,
  };
  return {
    requests: 1,
    ...counts,
    reasoningTokens: read.completion_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: read.total_tokens,
    cost: computeCost(counts, price),
    estimated: false,
  };
}

export interface DiscardedRequest extends PricedRequest {
  /** Bytes of UTF-8 text that arrived before the response was discarded. @defaultValue 0 */
  readonly receivedBytes?: number;
}

/** Estimates the usage of an attempt without a usable response. */
export function estimateDiscardedUsage(attempt: DiscardedRequest): Usage {
  return { requests: 0, ...estimateCounts(attempt) };
}

function estimateCounts({ request, price, receivedBytes = 0 }: DiscardedRequest): Omit<Usage, 'requests'> {
  const inputTokens = estimatePrompt(request);
  const outputTokens = Math.ceil(receivedBytes / BYTES_PER_TOKEN);
  const counts = { inputTokens, cachedInputTokens: 0, outputTokens };
  const totalTokens = inputTokens + outputTokens;
  return { ...counts, reasoningTokens: 0, totalTokens, cost: computeCost(counts, price), estimated: true };
}

/** Includes the reasoning, which servers bill too. */
function measureGenerated(message: AssistantMessage): number {
  const otherTexts = [message.refusal, isRecord(message) ? readReasoning(message) : ''];
  return otherTexts.reduce<number>((sum, text) => sum + countBytes(text ?? ''), measureMessage(message));
}
