import { ConfigError, HostError } from '../base/errors.ts';
import { readFinishKind } from '../chat/finish-reason.ts';
import { getMessageText, type Message } from '../chat/message.ts';
import type { ChatResponse } from '../chat/response.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { ContextLengthError } from '../model/errors.ts';
import type { MiddlewareScope } from '../perform/middleware.ts';
import { endsRun } from '../tool/errors.ts';
import { describeMessage, halve, packTexts } from './transcript-text.ts';

export interface Summarising {
  readonly model: ChatModel;
  /** What to keep, for the model that summarises. */
  readonly instructions: string | undefined;
  /** How many tokens the window of that model has, if that is known. */
  readonly contextWindow: number | undefined;
  readonly scope: Pick<MiddlewareScope, 'callModel' | 'signal'>;
}

/**
 * The essence of some messages, by a model of choice. What is longer than that model's window is summarised in parts, and the summaries in
 * one.
 *
 * `undefined` if the model gives none: nobody has to do without a conversation because its summary failed. Rejects only with what ends
 * the run, and with a `ConfigError`.
 */
export async function summarise(messages: readonly Message[], options: Summarising): Promise<string | undefined> {
  const { contextWindow = Number.POSITIVE_INFINITY, instructions = WHAT_TO_KEEP } = options;
  // The rest is for the summary. If that is too little, the server says so, and the part is halved.
  const room = Math.max(LEAST_PART, Math.floor(contextWindow * 0.95) - tokensOf(instructions));
  return summariseTexts(messages.map(describeMessage), { ...options, instructions, room });
}

/** @throws ConfigError */
export function checkWindow(kind: string, modelContextWindow: number | undefined): void {
  if (modelContextWindow === undefined || (Number.isFinite(modelContextWindow) && modelContextWindow > 0)) return;
  throw new ConfigError(
    `${kind}: modelContextWindow is ${modelContextWindow}. Pass the tokens of the window of the model that summarises.`,
  );
}

const WHAT_TO_KEEP =
  'Summarise this conversation between a user and an assistant that calls tools, for the assistant, who goes on from your summary alone. Keep what the user wants, decisions, names, numbers, identifiers, what tools gave that still matters, and what is left to do. Leave out pleasantries. Answer with the summary and nothing else.';

/** No part is cut smaller than this many tokens before a server asks for it. */
const LEAST_PART = 500;

interface Sized extends Summarising {
  readonly instructions: string;
  /** The tokens of the text that one request may have. */
  readonly room: number;
}

async function summariseTexts(texts: readonly string[], options: Sized): Promise<string | undefined> {
  const parts = packTexts(texts, { room: options.room, tokensOf });
  const [only = ''] = parts;
  if (parts.length <= 1) return summariseText(only, options);
  const summaries: string[] = [];
  // One after the other: side by side they would wait for each other under a token limit.
  for (const [index, part] of parts.entries()) {
    const text = await summariseText(`Part ${index + 1} of ${parts.length} of the conversation:\n\n${part}`, options);
    if (text === undefined) return undefined;
    summaries.push(text);
  }
  return summariseAll(summaries, { ...options, of: parts });
}

/** Each round has to be much shorter than the one before, so that the rounds come to an end. Otherwise the summaries stand side by side. */
async function summariseAll(
  summaries: readonly string[],
  options: Sized & { readonly of: readonly string[] },
): Promise<string | undefined> {
  const { of: before, room } = options;
  const joined = summaries.map((summary, index) => `Summary of part ${index + 1}:\n${summary}`);
  const together = joined.join('\n\n');
  if (tokensOf(together) > tokensOf(before.join('\n\n')) * 0.8) return together;
  return summariseTexts(joined, { ...options, room });
}

/** A part that the server finds too long is summarised as two. */
async function summariseText(text: string, options: Sized): Promise<string | undefined> {
  const said = await requestSummary(text, options);
  if (said !== 'too long') return said;
  const tokens = tokensOf(text);
  if (tokens < LEAST_PART / 2) return undefined;
  const halves = halve(text);
  return summariseTexts(halves, { ...options, room: Math.ceil(tokens / 2) + 1 });
}

/** A summary that is cut off, filtered, refused or empty is none, and is asked for once more. */
async function requestSummary(text: string, options: Sized): Promise<string | 'too long' | undefined> {
  let { instructions } = options;
  for (let tries = 1; tries <= 2; tries++) {
    const reply = await askFor(text, { ...options, instructions });
    if (reply === 'too long' || reply === undefined) return reply;
    const summary = wholeText(reply);
    if (summary !== undefined) return summary;
    if (readFinishKind(reply.choices[0].finish_reason) === 'cut') instructions = `${options.instructions}\n${SHORTER}`;
  }
  return undefined;
}

const SHORTER = 'Your last summary was cut off by the token limit. Write a much shorter one.';

async function askFor(
  text: string,
  { model, instructions, scope }: Pick<Sized, 'model' | 'instructions' | 'scope'>,
): Promise<ChatResponse | 'too long' | undefined> {
  try {
    return await scope.callModel(model, {
      messages: [
        { role: 'system', content: instructions },
        { role: 'user', content: text },
      ],
    });
  } catch (error) {
    const isMeant = endsRun(error) || HostError.isInstance(error) || ConfigError.isInstance(error);
    if (isMeant || scope.signal.aborted) throw error;
    return ContextLengthError.isInstance(error) ? 'too long' : undefined; // Told already, as a failed attempt.
  }
}

function wholeText({ choices: [{ message, finish_reason: reason }] }: ChatResponse): string | undefined {
  const kind = readFinishKind(reason);
  const isWhole = kind !== 'cut' && kind !== 'filtered' && kind !== 'failed' && (message.refusal ?? '') === '';
  const summary = getMessageText(message).trim();
  return isWhole && summary !== '' ? summary : undefined;
}

function tokensOf(text: string): number {
  return estimatePrompt({ messages: [{ role: 'user', content: text }] });
}
