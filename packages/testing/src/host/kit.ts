import type { Answer, Clock, Host, Outcome } from '@pawl/core';
import { checkOptions, type OptionTable, systemClock } from '@pawl/core';
import {
  type ClaimResult,
  type RunFilter,
  type RunRecord,
  SCHEMA_VERSION,
  type Step,
  type StepRunner,
  type WaitResult,
} from '@pawl/core/host';
import { type ManualClock, manualClock } from '../clock/manual-clock.ts';

/** The host that the promises are asked of. */
export interface HostUnderTest {
  /** Gives a host that knows no run, and goes by that clock. */
  readonly open: (options: { readonly clock: Clock }) => Host | Promise<Host>;
  /** Called after each case, whatever it left at work. @defaultValue closes it without waiting */
  readonly close?: (host: Host) => Promise<void>;
}

const HOST_UNDER_TEST: OptionTable<HostUnderTest> = {
  keys: { open: 'function', close: 'function' },
  hints: { create: 'The option is "open".', host: 'The option is "open", a function.' },
};

/** What a host promises, and how that is shown. It rejects with an error that says which promise was broken. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

export interface Stage {
  readonly host: Host;
  readonly clock: ManualClock;
  /** Sets back the date that the host's clock gives, by any fraction too; less than 0 sets it forward. */
  goBack(ms: number): void;
}

export type Body = (stage: Stage) => Promise<void>;

/** Each on a host of its own. */
export function casesOf(given: HostUnderTest, bodies: Readonly<Record<string, Body>>): readonly ConformanceCase[] {
  const { open, close } = checkOptions(given, HOST_UNDER_TEST, 'hostConformance');
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    async run() {
      const clock = manualClock({ startMs: 1_000 });
      let behindMs = 0;
      const seen: Clock = {
        now: () => clock.now() - behindMs,
        after: (ms, callback) => clock.after(ms, callback),
        sleep: systemClock.sleep, // The host waits for others, which take real time.
        monotonic: () => clock.now(),
      };
      const host = await open({ clock: seen });
      try {
        await body({ host, clock, goBack: (ms) => (behindMs += ms) });
      } finally {
        await (close?.(host) ?? host.close({ graceMs: 0 }));
      }
    },
  }));
}

export function record(runId: string): RunRecord {
  return {
    schemaVersion: SCHEMA_VERSION,
    runId,
    agent: 'agent',
    messages: [{ role: 'user', content: 'Go.' }],
    limits: {},
    metadata: {},
    at: 0,
  };
}

/** A step that gives a value. */
export function step<T>(name: string, value: T, how: Partial<Step<T>> = {}): Step<T> {
  return { type: 'step', name, effect: 'read', work: async () => value, onRecorded: () => undefined, ...how };
}

/** The run, taken over to work on it. */
export async function held(host: Host, runId: string): Promise<Extract<ClaimResult, { type: 'claimed' }>> {
  const opened = await host.claim(runId);
  if (opened.type === 'claimed') return opened;
  throw new Error(`Run "${runId}" was not there to be taken: ${opened.type}.`);
}

/** The runs that are listed. */
export async function idsOf(host: Host, filter?: RunFilter): Promise<readonly string[]> {
  return (await host.listRuns(filter)).map(({ runId }) => runId);
}

/** The run, as if its process had ended and another had taken it. */
export async function resumed(host: Host, runId: string): Promise<StepRunner> {
  await host.release(runId, undefined);
  return (await held(host, runId)).stepRunner;
}

const TOKENS = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, totalTokens: 0 };
const USAGE = { requests: 0, ...TOKENS, cost: 0, estimated: false };
const COUNTS = { usage: USAGE, turnCount: 1, toolCallCount: 0, durationMs: 5 };
const KNOWN = { runId: 'run', agent: 'agent', messages: [], ...COUNTS };

export const COMPLETED: Outcome<unknown> = { ...KNOWN, status: 'completed', output: 'Done.', text: 'Done.' };
export const SUSPENDED: Outcome<unknown> = { ...KNOWN, status: 'suspended', pending: [] };

export const APPROVE: Answer = { type: 'approve', fingerprint: 'f' };
export const APPROVED: WaitResult<Answer> = { type: 'answered', value: APPROVE };
export const PARKED: WaitResult<never> = { type: 'parked' };

/** What an approval waits with. */
export const APPROVAL = { fingerprint: 'f', accepts: ['approve', 'deny', 'edit'] } as const;
