import type { Profile } from '@pawl/core';
import type { Answer, Server } from './ask.ts';

/** `unclear`: the server took the request, and the model did not do what would have shown it. */
export type ProbeStatus = 'supported' | 'unsupported' | 'unclear';

export interface ProbeResult {
  readonly name: string;
  readonly status: ProbeStatus;
  /** What was seen, in a few words. */
  readonly detail: string;
}

export type Found = Omit<ProbeResult, 'name'>;

/** One question to a server, and what its answer says. */
export interface Probe {
  readonly name: string;
  readonly run: (server: Server) => Promise<Found>;
  /** What a profile says of it, by what was found. */
  readonly profile?: (found: Found) => Partial<Profile>;
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
  if (status === 0) return unsupported(`no answer: ${said}`);
  if (status < 200 || status > 299) return unsupported(`status ${status}: ${said}`);
  return judge(answer);
}
