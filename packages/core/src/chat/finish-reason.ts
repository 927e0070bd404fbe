import { shorten } from '../base/text.ts';
import { ProtocolError } from './errors.ts';
import type { ChatResponse, FinishReason } from './response.ts';

/**
 * How a response ended:
 * - `stop`, `calls`: it is complete.
 * - `cut`: a limit ended it early. None of its calls may run.
 * - `filtered`: a filter of the server ended or replaced it.
 * - `failed`: the server could not finish it. Another attempt can help.
 */
export type FinishKind = 'stop' | 'calls' | 'cut' | 'filtered' | 'failed';

export interface FinishClass {
  readonly kind: FinishKind;
  /** The documented finish reason of this kind; `undefined` for `failed`, which has none. */
  readonly reason: FinishReason | undefined;
}

/** Reads a finish reason; `undefined` if no vendor is known to use it. */
export function readFinishReason(word: string): FinishClass | undefined {
  const documented = DOCUMENTED.get(word);
  if (documented !== undefined) return documented;
  if (word.length > LONGEST_WORD) return undefined;
  const [start = '', ...details] = word.split(':');
  // Gemini writes `content_filter: RECITATION`.
  return findFinish(word) ?? (details.length === 0 ? undefined : (findFinish(start) ?? findFinish(details.join(''))));
}

/** Returns the kind of a finish reason, which a hand-written model can set to anything; `undefined` if it is missing or unknown. */
export function readFinishKind(reason: unknown): FinishKind | undefined {
  return typeof reason === 'string' ? readFinishReason(reason)?.kind : undefined;
}

/** Whether a word means that the response is not finished. Some servers write a word instead of `null`. */
export function isUnfinishedReason(word: string): boolean {
  return !DOCUMENTED.has(word) && word.length <= LONGEST_WORD && UNFINISHED.has(normalize(word));
}

/** Returns an error if the finish reason of the first choice says that the server failed. */
export function findFinishError(response: ChatResponse | undefined): ProtocolError | undefined {
  // A hand-written model can return anything.
  const reason = response?.choices?.[0]?.finish_reason;
  return reason != null && readFinishKind(reason) === 'failed' ? createFailedFinishError({ word: reason }) : undefined;
}

export interface FailedFinish {
  readonly word: string;
  readonly received?: string | undefined;
}

export function createFailedFinishError({ word, received }: FailedFinish): ProtocolError {
  const message = `The server ended its response with the finish_reason "${shorten(word, 100)}", which means that it failed. The response is not used. Trying again may help.`;
  return new ProtocolError(message, { code: 'response.error', ...(received !== undefined && { received }) });
}

const DOCUMENTED: ReadonlyMap<string, FinishClass> = new Map<string, FinishClass>([
  ['stop', { kind: 'stop', reason: 'stop' }],
  ['tool_calls', { kind: 'calls', reason: 'tool_calls' }],
  ['function_call', { kind: 'calls', reason: 'function_call' }],
  ['length', { kind: 'cut', reason: 'length' }],
  ['content_filter', { kind: 'filtered', reason: 'content_filter' }],
]);

const REASONS: Readonly<Record<FinishKind, FinishReason | undefined>> = {
  stop: 'stop',
  calls: 'tool_calls',
  cut: 'length',
  filtered: 'content_filter',
  failed: undefined,
};

/** The finish reasons of all vendors. `docs/reference/finish-reasons.md` lists the vendors and sources; a test compares both. */
export const FINISH_WORDS: Readonly<Record<FinishKind, string>> = {
  stop: `stop stopped stop_sequence stop_sequence_reached stop_criteria_met stop_string_found eos eos_token eos_found word
    end_turn end_of_turn end_of_message end_of_text complete completed finish finished final normal`,
  calls: 'tool_calls tool_call tool_use function_call function_calls',
  // A paused or compacted turn is not complete either: its server expects a request that continues it.
  cut: `length limit max_tokens max_token max_len max_length max_context max_output max_output_tokens max_completion_tokens
    max_new_tokens maximum_tokens max_predicted_tokens_reached model_length context_length_reached context_length_exceeded
    model_context_window_exceeded token_limit token_limit_reached out_of_tokens error_limit time_limit truncated
    token_limit_exceeded max_tokens_reached context_window_exceeded truncated_final incomplete pause_turn compaction repetition repeat`,
  // `refusal` here means that the server's classifier stopped the text; there is no refusal text of the model.
  filtered: `content_filter content_filtered safety recitation language blocklist blacklist prohibited_content spii
    image_safety image_prohibited_content image_recitation model_armor escalation guardrail_intervened sensitive
    error_toxic refusal moderation content_policy content_policy_violation safety_filter guardrail unsafe blocked flagged`,
  // Gemini's words are about one attempt: the model wrote an invalid call or one that was not allowed.
  failed: `error failed failure abort aborted cancel cancelled canceled user_cancel user_stopped timeout timed_out
    network_error insufficient_system_resource resource_exhausted rate_limit_exceeded overloaded interrupted other image_other no_image
    malformed_function_call malformed_tool_call malformed_tool_use malformed_model_output malformed_response
    unexpected_tool_call too_many_tool_calls missing_thought_signature function_call_filter load unload model_unloaded`,
};

const UNFINISHED: ReadonlySet<string> = new Set(['null', 'none', 'unspecified', 'notfinished', 'inprogress']);

const LONGEST_WORD = 100;

let finishes: ReadonlyMap<string, FinishClass> | undefined;

function findFinish(word: string): FinishClass | undefined {
  // Created lazily, for the first undocumented word.
  finishes ??= new Map(Object.entries(FINISH_WORDS).flatMap(([kind, words]) => listEntries(kind as FinishKind, words))); // The keys of FINISH_WORDS.
  const letters = normalize(word);
  return finishes.get(letters) ?? (NAMES_ERROR.test(letters) ? FAILED : undefined);
}

/** A word such as `upstream_error` means a failure for every vendor. */
const NAMES_ERROR = /^error|error$/;
const FAILED: FinishClass = { kind: 'failed', reason: undefined };

function listEntries(kind: FinishKind, words: string): readonly (readonly [string, FinishClass])[] {
  return words.split(/\s+/).map((word) => {
    return [normalize(word), DOCUMENTED.get(word) ?? { kind, reason: REASONS[kind] }];
  });
}

/** Vendors write the same word in capitals, in camel case, with other separators, and after the name of its enum. */
function normalize(word: string): string {
  const letters = word.toLowerCase().replace(/[^a-z0-9]/g, '');
  return letters.replace(/^(?:alternativestatus|(?:finish|stop|done)?reason)(?=.)/, '');
}
