import type { Profile } from '@pawl/core';
import { sliceStart } from '../base/slice-start.ts';
import {
  isTruncated,
  type ProbedServer,
  type ProbeResponse,
  readResponseText,
  requestCompletion,
} from './request-completion.ts';

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

export interface ProbeEvidence extends Omit<ProbeResult, 'name'> {
  /** What a profile says of it. Only what was shown. */
  readonly profile?: Partial<Profile>;
  /** The server refused the request. */
  readonly isRefused?: boolean;
}

/** What was found before, by the name of the probe. */
export type FindEarlier = (name: string) => ProbeEvidence | undefined;

/** One question to a server, and what its answer says. */
export interface Probe {
  readonly name: string;
  readonly run: (server: ProbedServer, earlier: FindEarlier) => Promise<ProbeEvidence>;
}

/** A probe of one request: `judge` says what its answer shows, where the server takes it. */
export function createProbe(
  name: string,
  body: object,
  judge: (answer: ProbeResponse, earlier: FindEarlier) => ProbeEvidence,
): Probe {
  return {
    name,
    run: async (server, earlier) =>
      judgeResponse(await requestCompletion(server, body), (answer) => judge(answer, earlier)),
  };
}

export function isSupported(earlier: FindEarlier, name: string): boolean {
  return earlier(name)?.status === 'supported';
}

export interface ConformanceReport {
  readonly baseURL: string;
  readonly model: string;
  readonly probes: readonly ProbeResult[];
  /** What to pass to `openai` as `profile`. Only what was shown is in it. */
  readonly profile: Partial<Profile> & { readonly base: 'compatible' };
}

export function reportSupported(detail = 'yes'): ProbeEvidence {
  return { status: 'supported', detail };
}

export function reportUnsupported(detail: string): ProbeEvidence {
  return { status: 'unsupported', detail };
}

export function reportUnclear(detail: string): ProbeEvidence {
  return { status: 'unclear', detail };
}

/** Whether it was taken at all; what it then shows is `judge`'s. */
export function judgeResponse(answer: ProbeResponse, judge: (answer: ProbeResponse) => ProbeEvidence): ProbeEvidence {
  const { status, message: said } = answer;
  if (status === 0) return reportUnclear(`no answer: ${said}`);
  if (status >= 200 && status <= 299) return judge(answer);
  const detail = `status ${status}: ${said}`;
  return INCONCLUSIVE_STATUSES.has(status) ? reportUnclear(detail) : { ...reportUnsupported(detail), isRefused: true };
}

/** They say nothing of the question: no right, no time, too many requests, not ready. */
const INCONCLUSIVE_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 408, 429, 502, 503, 504]);

/** A reply that was cut shows nothing where what is missing may have stood behind. */
export function checkTruncation(answer: ProbeResponse, found: ProbeEvidence): ProbeEvidence {
  return found.status === 'supported' || !isTruncated(answer)
    ? found
    : reportUnclear(`the reply was cut: ${found.detail}`);
}

/** What should be in the reply's text is not there, unless a cut took it. */
export function reportMissing(answer: ProbeResponse, what: string): ProbeEvidence {
  return checkTruncation(answer, reportUnsupported(`${what}: ${sliceStart(readResponseText(answer), 80)}`));
}
