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

/** The host under test. */
export interface HostUnderTest {
  /** Opens a host that knows no run and uses this clock. */
  readonly open: (options: { readonly clock: Clock }) => Host | Promise<Host>;
  /** Whether workers of the host continue runs by themselves, so that `resumeAll` returns none. @defaultValue false */
  readonly hasWorkers?: boolean;
  /** Called after each case; steps may still run. @defaultValue closes the host without waiting */
  readonly close?: (host: Host) => Promise<void>;
}

const HOST_UNDER_TEST: OptionTable<HostUnderTest> = {
  keys: { open: 'function', hasWorkers: 'boolean', close: 'function' },
  hints: { create: 'The option is "open".', host: 'The option is "open", a function.' },
};

/** An obligation of hosts. `run` rejects with an error that says which obligation is broken. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

export interface CaseSetup {
  readonly host: Host;
  readonly clock: ManualClock;
  readonly hasWorkers: boolean;
  /** Sets back the date of the host's clock; a negative number sets it forward. Accepts fractions. */
  setClockBack(ms: number): void;
  /** From now on, no pause of the host ends by itself. */
  holdSleeps(): void;
}

export type CaseBody = (stage: CaseSetup) => Promise<void>;

/** Gives each case a host of its own. */
export function createCases(
  given: HostUnderTest,
  bodies: Readonly<Record<string, CaseBody>>,
): readonly ConformanceCase[] {
  const { open, close, hasWorkers = false } = checkOptions(given, HOST_UNDER_TEST, 'hostConformance');
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    async run() {
      const clock = manualClock({ startMs: 1_000 });
      let behindMs = 0;
      const held = manualClock({ sleeps: 'held' });
      let hasHeldSleeps = false;
      const hostClock: Clock = {
        now: () => clock.now() - behindMs,
        after: (ms, callback) => clock.after(ms, callback),
        // A host waits for other processes, in real time.
        sleep: (ms, signal) => (hasHeldSleeps ? held : systemClock).sleep(ms, signal),
        monotonic: () => clock.now(),
      };
      const host = await open({ clock: hostClock });
      try {
        const setClockBack: CaseSetup['setClockBack'] = (ms) => {
          behindMs += ms;
        };
        const holdSleeps: CaseSetup['holdSleeps'] = () => {
          hasHeldSleeps = true;
        };
        await body({ host, clock, hasWorkers, setClockBack, holdSleeps });
      } finally {
        await (close?.(host) ?? host.close({ graceMs: 0 }));
      }
    },
  }));
}

export function createRecord(runId: string): RunRecord {
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

/** Creates a step whose work resolves to `value`. */
export function createStep<T>(name: string, value: T, how: Partial<Step<T>> = {}): Step<T> {
  return { type: 'step', name, effect: 'read', work: async () => value, onRecorded: () => undefined, ...how };
}

/** Claims the run, or throws. */
export async function claimRun(host: Host, runId: string): Promise<Extract<ClaimResult, { type: 'claimed' }>> {
  const opened = await host.claim(runId);
  if (opened.type === 'claimed') return opened;
  throw new Error(`Run "${runId}" cannot be claimed: it is ${opened.type}.`);
}

/** Lists the ids of runs. */
export async function listRunIds(host: Host, filter?: RunFilter): Promise<readonly string[]> {
  return (await host.listRuns(filter)).map(({ runId }) => runId);
}

/** Releases the run and claims it again, as another process would. */
export async function resumeRun(host: Host, runId: string): Promise<StepRunner> {
  await host.release(runId, undefined);
  return (await claimRun(host, runId)).stepRunner;
}

const TOKENS = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, totalTokens: 0 };
const USAGE = { requests: 0, ...TOKENS, cost: 0, estimated: false };
const COUNTS = { usage: USAGE, usageBy: [], turnCount: 1, toolCallCount: 0, durationMs: 5 };
const KNOWN = { runId: 'run', agent: 'agent', messages: [], ...COUNTS };

export const COMPLETED: Outcome<unknown> = { ...KNOWN, status: 'completed', output: 'Done.', text: 'Done.' };
export const SUSPENDED: Outcome<unknown> = { ...KNOWN, status: 'suspended', pending: [] };

export const APPROVE: Answer = { type: 'approve', fingerprint: 'f' };
export const APPROVED: WaitResult<Answer> = { type: 'answered', value: APPROVE };
export const PARKED: WaitResult<never> = { type: 'parked' };

/** The options of a wait for approval. */
export const APPROVAL = { fingerprint: 'f', accepts: ['approve', 'deny', 'edit'] } as const;
