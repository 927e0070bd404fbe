import { ConfigError, HostError } from '../base/errors.ts';
import { readFinishKind } from '../chat/finish-reason.ts';
import { getMessageText, type Message } from '../chat/message.ts';
import type { ChatResponse } from '../chat/response.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { ContextLengthError } from '../model/errors.ts';
import type { MiddlewareScope } from '../perform/middleware.ts';
import { isRunEndError } from '../tool/errors.ts';
import { describeMessage, halve, packTexts } from './transcript-text.ts';

export interface SummaryOptions {
  readonly model: ChatModel;
  /** Instructions for the model: what to keep. */
  readonly instructions: string | undefined;
  /** The size of the model's context window in tokens, if it is known. */
  readonly contextWindow: number | undefined;
  readonly scope: Pick<MiddlewareScope, 'callModel' | 'signal'>;
}

/**
 * Summarizes messages with a model. Messages that exceed the model's context window are summarized in parts, and their summaries are
 * merged.
 *
 * Returns `undefined` if the model gives no usable summary, so that the run can continue without one. Rejects only with errors that
 * end the run and with a `ConfigError`.
 */
export async function summarize(messages: readonly Message[], options: SummaryOptions): Promise<string | undefined> {
  const { contextWindow = Number.POSITIVE_INFINITY, instructions = WHAT_TO_KEEP } = options;
  // The rest of the window is for the summary. If that is too little, the server refuses the request, and the part is halved.
  const maxTokens = Math.max(MIN_PART_TOKENS, Math.floor(contextWindow * 0.95) - estimateTokens(instructions));
  return summarizeTexts(messages.map(describeMessage), { ...options, instructions, maxTokens });
}

/** @throws ConfigError if the size of the context window is invalid. */
export function checkContextWindow(kind: string, modelContextWindow: number | undefined): void {
  if (modelContextWindow === undefined || (Number.isFinite(modelContextWindow) && modelContextWindow > 0)) return;
  throw new ConfigError(
    `${kind}: modelContextWindow is ${modelContextWindow}. Pass the size of the summarizing model's context window, in tokens.`,
  );
}

const WHAT_TO_KEEP =
  'Summarize this conversation between a user and an assistant that calls tools. The assistant continues from your summary alone. Keep the wishes of the user, decisions, names, numbers, identifiers, tool results that still matter, and open tasks. Omit pleasantries. Respond with the summary only.';

/** A part is smaller than this only if a server refuses a part as too long. */
const MIN_PART_TOKENS = 500;

interface SummaryPartOptions extends SummaryOptions {
  readonly instructions: string;
  /** The maximum tokens of the text in one request. */
  readonly maxTokens: number;
}

async function summarizeTexts(texts: readonly string[], options: SummaryPartOptions): Promise<string | undefined> {
  const parts = packTexts(texts, { maxTokens: options.maxTokens, estimateTokens });
  const [single = ''] = parts;
  if (parts.length <= 1) return summarizeText(single, options);
  const summaries: string[] = [];
  // Sequential: under a token limit, parallel requests would wait for each other.
  for (const [index, part] of parts.entries()) {
    const text = await summarizeText(`Part ${index + 1} of ${parts.length} of the conversation:\n\n${part}`, options);
    if (text === undefined) return undefined;
    summaries.push(text);
  }
  return summarizeSummaries(summaries, { ...options, parts });
}

/** Merges summaries. Each round must be much shorter than the one before, so that the recursion ends; otherwise the summaries are joined. */
async function summarizeSummaries(
  summaries: readonly string[],
  options: SummaryPartOptions & { readonly parts: readonly string[] },
): Promise<string | undefined> {
  const { parts } = options;
  const joined = summaries.map((summary, index) => `Summary of part ${index + 1}:\n${summary}`);
  const together = joined.join('\n\n');
  if (estimateTokens(together) > estimateTokens(parts.join('\n\n')) * 0.8) return together;
  return summarizeTexts(joined, options);
}

/** Summarizes a text. If the server refuses it as too long, summarizes two halves. */
async function summarizeText(text: string, options: SummaryPartOptions): Promise<string | undefined> {
  const summary = await requestSummary(text, options);
  if (summary !== 'too long') return summary;
  const tokens = estimateTokens(text);
  if (tokens < MIN_PART_TOKENS / 2) return undefined;
  const halves = halve(text);
  return summarizeTexts(halves, { ...options, maxTokens: Math.ceil(tokens / 2) + 1 });
}

/** Requests a summary, and once more if it is truncated, filtered, refused or empty. */
async function requestSummary(text: string, options: SummaryPartOptions): Promise<string | 'too long' | undefined> {
  let { instructions } = options;
  for (let attempt = 1; attempt <= 2; attempt++) {
    const response = await callSummaryModel(text, { ...options, instructions });
    if (response === 'too long' || response === undefined) return response;
    const summary = readCompleteText(response);
    if (summary !== undefined) return summary;
    if (readFinishKind(response.choices[0].finish_reason) === 'cut')
      instructions = `${options.instructions}\n${SHORTER_PROMPT}`;
  }
  return undefined;
}

const SHORTER_PROMPT = 'Your last summary was cut off by the token limit. Write a much shorter one.';

async function callSummaryModel(
  text: string,
  { model, instructions, scope }: Pick<SummaryPartOptions, 'model' | 'instructions' | 'scope'>,
): Promise<ChatResponse | 'too long' | undefined> {
  try {
    return await scope.callModel(model, {
      messages: [
        { role: 'system', content: instructions },
        { role: 'user', content: text },
      ],
    });
  } catch (error) {
    const isForRun = isRunEndError(error) || HostError.isInstance(error) || ConfigError.isInstance(error);
    if (isForRun || scope.signal.aborted) throw error;
    return ContextLengthError.isInstance(error) ? 'too long' : undefined; // The failed attempt was already reported as an event.
  }
}

function readCompleteText({ choices: [{ message, finish_reason: reason }] }: ChatResponse): string | undefined {
  const kind = readFinishKind(reason);
  const isComplete = kind !== 'cut' && kind !== 'filtered' && kind !== 'failed' && (message.refusal ?? '') === '';
  const summary = getMessageText(message).trim();
  return isComplete && summary !== '' ? summary : undefined;
}

function estimateTokens(text: string): number {
  return estimatePrompt({ messages: [{ role: 'user', content: text }] });
}
