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
 * `unclear`: the probe has no evidence. The server accepted the request but the model did not use the feature, or the
 * response was truncated, or the server did not process the request.
 */
export type ProbeStatus = 'supported' | 'unsupported' | 'unclear';

export interface ProbeResult {
  readonly name: string;
  readonly status: ProbeStatus;
  /** A few words about the evidence. */
  readonly detail: string;
}

export interface ProbeEvidence extends Omit<ProbeResult, 'name'> {
  /** The profile fields that the evidence supports. */
  readonly profile?: Partial<Profile>;
  /** The server refused the request. */
  readonly isRefused?: boolean;
}

/** Looks up the evidence of an earlier probe by its name. */
export type FindEarlier = (name: string) => ProbeEvidence | undefined;

/** Sends requests to a server and judges the responses. */
export interface Probe {
  readonly name: string;
  readonly run: (server: ProbedServer, earlier: FindEarlier) => Promise<ProbeEvidence>;
}

/** Creates a probe of one request. `judge` gets the response if the server accepted the request. */
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
  /** The value of the option `profile` of `openai`. Has only fields that evidence supports. */
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

/**
 * Passes an accepted response to `judge`. Any other response is `unsupported`, or `unclear` for statuses that say
 * nothing about the feature.
 */
export function judgeResponse(answer: ProbeResponse, judge: (answer: ProbeResponse) => ProbeEvidence): ProbeEvidence {
  const { status, message } = answer;
  if (status === 0) return reportUnclear(`no answer: ${message}`);
  if (status >= 200 && status <= 299) return judge(answer);
  const detail = `status ${status}: ${message}`;
  return INCONCLUSIVE_STATUSES.has(status) ? reportUnclear(detail) : { ...reportUnsupported(detail), isRefused: true };
}

/** Authentication, payment, timeouts, rate limits, unavailable servers. */
const INCONCLUSIVE_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 408, 429, 502, 503, 504]);

/** If the response is truncated, missing content is no evidence. */
export function checkTruncation(answer: ProbeResponse, found: ProbeEvidence): ProbeEvidence {
  return found.status === 'supported' || !isTruncated(answer)
    ? found
    : reportUnclear(`the response was truncated: ${found.detail}`);
}

/** Reports that the text lacks what was requested, unless the response is truncated. */
export function reportMissing(answer: ProbeResponse, what: string): ProbeEvidence {
  return checkTruncation(answer, reportUnsupported(`${what}: ${sliceStart(readResponseText(answer), 80)}`));
}
