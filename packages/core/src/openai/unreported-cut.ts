import type { JsonObject } from '../base/json.ts';
import { isRecord, parseJson } from '../base/json.ts';
import { readFinishKind } from '../chat/finish-reason.ts';
import { type AssistantMessage, getCallArguments, getMessageText } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { FinishedResponse } from '../chat/response-reader.ts';
import type { Profile } from './profile.ts';
import { renameTokenLimit } from './request-body.ts';

export interface SentRequest {
  readonly request: ChatRequest;
  readonly profile: Profile;
  readonly extraBody?: JsonObject | undefined;
}

/**
 * Marks a response as cut if the token limit ended it and the server does not report that. Its calls must not run, and its text is not an
 * answer. The response counts as cut if it used all allowed tokens, and
 * - the arguments of a call or the requested JSON are incomplete, or there is neither text nor a call, or
 * - the profile says that the server does not report cuts.
 */
export function markUnreportedCut(finished: FinishedResponse, sent: SentRequest): FinishedResponse {
  const { response, repairs } = finished;
  const [choice, ...others] = response.choices;
  const used = response.usage?.completion_tokens ?? 0;
  // With several choices, the usage is the sum of all.
  if (used === 0 || others.length > 0) return finished;
  const limit = findTokenLimit(sent);
  if (limit === undefined || used < limit) return finished;
  const kind = readFinishKind(choice.finish_reason);
  if (kind === 'cut' || kind === 'filtered' || kind === 'failed') return finished;
  const sign = findCutSign(choice.message, sent);
  if (sign === undefined) return finished;
  const reported = choice.finish_reason === null ? 'null' : `"${choice.finish_reason}"`;
  const note = `${reported} at the cap of ${limit} tokens, and ${sign}: now "length"`;
  return {
    ...finished,
    response: { ...response, choices: [{ ...choice, finish_reason: 'length' }] },
    repairs: [...repairs, { path: `choices[${choice.index}].finish_reason`, note }],
  };
}

/** Finds the smallest token limit that was sent. */
function findTokenLimit({ request, profile, extraBody }: SentRequest): number | undefined {
  const sent: Readonly<Record<string, unknown>> = { ...renameTokenLimit(request, profile), ...extraBody };
  const values = [sent['max_completion_tokens'], sent['max_tokens']];
  // For llama.cpp, -1 means no limit.
  const limits = values.filter((value): value is number => typeof value === 'number' && value > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function findCutSign(message: AssistantMessage, sent: SentRequest): string | undefined {
  const { reportsCuts, reportsCutCalls } = sent.profile;
  const calls = message.tool_calls ?? [];
  const text = getMessageText(message);
  if (calls.length > 0) {
    // Empty arguments are incomplete too: as `{}` the call would run.
    if (calls.some((call) => call.type === 'function' && isTruncated(getCallArguments(call))))
      return 'arguments stop early';
    return reportsCuts && reportsCutCalls ? undefined : 'the server does not report a cut beside calls';
  }
  // A refusal is not an answer in any case, and audio has no text.
  if ((message.refusal ?? '') !== '' || message.audio != null) return undefined;
  if (text.trim() === '') return 'it has no text';
  if (isJsonRequested(sent) && isTruncated(text)) return 'its JSON stops early';
  return reportsCuts ? undefined : 'the server does not report cuts';
}

function isJsonRequested({ request, extraBody }: SentRequest): boolean {
  const format: unknown = extraBody?.['response_format'] ?? request.response_format;
  return isRecord(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema');
}

/** Whether JSON has no end: a bracket, a string or a Markdown fence is open. */
function isTruncated(json: string): boolean {
  const text = json.trim();
  if (text === '') return true;
  if (parseJson(text).ok) return false;
  if (text.startsWith('```') && !text.endsWith('```')) return true;
  return hasOpenPart(text);
}

function hasOpenPart(text: string): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\' && isQuoted) at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
  }
  return isQuoted || depth > 0;
}
