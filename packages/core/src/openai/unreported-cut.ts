import type { JsonObject } from '../base/json.ts';
import { isRecord, parseJson } from '../base/json.ts';
import { readFinishKind } from '../chat/finish-reason.ts';
import { type AssistantMessage, callArguments, getMessageText } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { FinishedResponse } from '../chat/response-reader.ts';
import { tokenCap } from './body.ts';
import type { Profile } from './profile.ts';

export interface SentRequest {
  readonly request: ChatRequest;
  readonly profile: Profile;
  readonly extraBody?: JsonObject | undefined;
}

/**
 * Marks a response that its server calls whole, and that the cap on tokens cut: a call of it must not run, and its text is
 * no answer. The response used as many tokens as the request allowed, and
 * - the arguments of a call, or the JSON that was asked for, stop early, or there is neither text nor call, or
 * - the profile says that the server does not report cuts.
 */
export function markUnreportedCut(finished: FinishedResponse, sent: SentRequest): FinishedResponse {
  const { response: reply, repairs: mends } = finished;
  const [choice, ...others] = reply.choices;
  const used = reply.usage?.completion_tokens ?? 0;
  // Of several choices, the usage counts all.
  if (used === 0 || others.length > 0) return finished;
  const cap = capOf(sent);
  if (cap === undefined || used < cap) return finished;
  const kind = readFinishKind(choice.finish_reason);
  if (kind === 'cut' || kind === 'filtered' || kind === 'failed') return finished;
  const sign = signOfCut(choice.message, sent);
  if (sign === undefined) return finished;
  const was = choice.finish_reason === null ? 'null' : `"${choice.finish_reason}"`;
  const note = `${was} at the cap of ${cap} tokens, and ${sign}: now "length"`;
  return {
    ...finished,
    response: { ...reply, choices: [{ ...choice, finish_reason: 'length' }] },
    repairs: [...mends, { path: `choices[${choice.index}].finish_reason`, note }],
  };
}

/** The smallest cap of those that went out. */
function capOf({ request, profile, extraBody }: SentRequest): number | undefined {
  const sent: Readonly<Record<string, unknown>> = { ...tokenCap(request, profile), ...extraBody };
  const given = [sent['max_completion_tokens'], sent['max_tokens']];
  // llama.cpp takes -1 for no cap.
  const caps = given.filter((cap): cap is number => typeof cap === 'number' && cap > 0);
  return caps.length === 0 ? undefined : Math.min(...caps);
}

function signOfCut(message: AssistantMessage, sent: SentRequest): string | undefined {
  const { reportsCuts, reportsCutCalls } = sent.profile;
  const calls = message.tool_calls ?? [];
  const text = getMessageText(message);
  if (calls.length > 0) {
    // Without any text, arguments stop before they begin: as \`{}\` they would run.
    if (calls.some((call) => call.type === 'function' && endsEarly(callArguments(call)))) return 'arguments stop early';
    return reportsCuts && reportsCutCalls ? undefined : 'the server does not report a cut beside calls';
  }
  // A refusal is no answer either way, and sound has no text that could be cut.
  if ((message.refusal ?? '') !== '' || message.audio != null) return undefined;
  if (text.trim() === '') return 'it has no text';
  if (asksForJson(sent) && endsEarly(text)) return 'its JSON stops early';
  return reportsCuts ? undefined : 'the server does not report cuts';
}

function asksForJson({ request, extraBody }: SentRequest): boolean {
  const format: unknown = extraBody?.['response_format'] ?? request.response_format;
  return isRecord(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema');
}

/** Whether a text is no JSON because its end is missing: something in it is open, brackets, a text or a Markdown fence. */
function endsEarly(given: string): boolean {
  const text = given.trim();
  if (text === '') return true;
  if (parseJson(text).ok) return false;
  if (text.startsWith('```') && !text.endsWith('```')) return true;
  return isOpen(text);
}

function isOpen(text: string): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '\\' && isQuoted) at++;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
  }
  return isQuoted || depth > 0;
}
