import type { Profile } from '@pawl/core';
import { sliceStart } from '../base/slice-start.ts';
import { type Answer, ask, isCut, type Server, textOf } from './ask.ts';

/**
 * `unclear`: nothing was shown. The server took the request and the model did not do what would have shown it, its reply was cut, or the
 * server did not answer the question at all.
 */
export type ProbeStatus = 'supported' | 'unsupported' | 'unclear';

export interface ProbeResult {
  readonly name: string;
  readonly status: ProbeStatus;
  /** What was seen, in a few words. */
  readonly detail: string;
}

export interface Found extends Omit<ProbeResult, 'name'> {
  /** What a profile says of it. Only what was shown. */
  readonly profile?: Partial<Profile>;
  /** The server refused the request. */
  readonly isRefused?: boolean;
}

/** What was found before, by the name of the probe. */
export type Earlier = (name: string) => Found | undefined;

/** One question to a server, and what its answer says. */
export interface Probe {
  readonly name: string;
  readonly run: (server: Server, earlier: Earlier) => Promise<Found>;
}

/** A probe of one request: `judge` says what its answer shows, where the server takes it. */
export function oneRequest(name: string, body: object, judge: (answer: Answer, earlier: Earlier) => Found): Probe {
  return { name, run: async (server, earlier) => taken(await ask(server, body), (answer) => judge(answer, earlier)) };
}

export function isSupported(earlier: Earlier, name: string): boolean {
  return earlier(name)?.status === 'supported';
}

export interface ConformanceReport {
  readonly baseURL: string;
  readonly model: string;
  readonly probes: readonly ProbeResult[];
  /** What to pass to `openai` as `profile`. Only what was shown is in it. */
  readonly profile: Partial<Profile> & { readonly base: 'compatible' };
}

export function supported(detail = 'yes'): Found {
  return { status: 'supported', detail };
}

export function unsupported(detail: string): Found {
  return { status: 'unsupported', detail };
}

export function unclear(detail: string): Found {
  return { status: 'unclear', detail };
}

/** Whether it was taken at all; what it then shows is `judge`'s. */
export function taken(answer: Answer, judge: (answer: Answer) => Found): Found {
  const { status, said } = answer;
  if (status === 0) return unclear(`no answer: ${said}`);
  if (status >= 200 && status <= 299) return judge(answer);
  const detail = `status ${status}: ${said}`;
  return PASSING.has(status) ? unclear(detail) : { ...unsupported(detail), isRefused: true };
}

/** They say nothing of the question: no right, no time, too many requests, not ready. */
const PASSING: ReadonlySet<number> = new Set([401, 402, 403, 408, 429, 502, 503, 504]);

/** A reply that was cut shows nothing where what is missing may have stood behind. */
export function unlessCut(answer: Answer, found: Found): Found {
  return found.status === 'supported' || !isCut(answer) ? found : unclear(`the reply was cut: ${found.detail}`);
}

/** What should be in the reply's text is not there, unless a cut took it. */
export function missing(answer: Answer, what: string): Found {
  return unlessCut(answer, unsupported(`${what}: ${sliceStart(textOf(answer), 80)}`));
}
