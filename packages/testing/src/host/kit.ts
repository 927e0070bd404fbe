import {
  type Answer,
  type Clock,
  checkOptions,
  type Durable,
  type DurableHost,
  type OpenedRun,
  type OptionTable,
  type Outcome,
  type RunFilter,
  type RunRecord,
  type Step,
  systemClock,
  type Waited,
} from '@pawl/core';
import { type ManualClock, manualClock } from '../clock/manual-clock.ts';

/** The host that the promises are asked of. */
export interface HostUnderTest {
  /** Gives a host that knows no run, and goes by that clock. */
  readonly open: (options: { readonly clock: Clock }) => DurableHost | Promise<DurableHost>;
  /** Called after each case, whatever it left at work. @defaultValue closes it without waiting */
  readonly close?: (host: DurableHost) => Promise<void>;
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
  readonly host: DurableHost;
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
  return { runId, agent: 'agent', messages: [{ role: 'user', content: 'Go.' }], limits: {}, metadata: {}, at: 0 };
}

/** A step that gives a value. */
export function step<T>(name: string, value: T, how: Partial<Step<T>> = {}): Step<T> {
  return { type: 'step', name, effect: 'read', work: async () => value, told: () => undefined, ...how };
}

/** The run, taken over to work on it. */
export async function held(host: DurableHost, runId: string): Promise<Extract<OpenedRun, { type: 'held' }>> {
  const opened = await host.open(runId);
  if (opened.type === 'held') return opened;
  throw new Error(`Run "${runId}" was not there to be taken: ${opened.type}.`);
}

/** The runs that are listed. */
export async function idsOf(host: DurableHost, filter?: RunFilter): Promise<readonly string[]> {
  return (await host.runs(filter)).map(({ runId }) => runId);
}

/** The run, as if its process had ended and another had taken it. */
export async function resumed(host: DurableHost, runId: string): Promise<Durable> {
  await host.release(runId, undefined);
  return (await held(host, runId)).durable;
}

const TOKENS = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0, totalTokens: 0 };
const USAGE = { requests: 0, ...TOKENS, cost: 0, estimated: false };
const COUNTS = { usage: USAGE, turns: 1, toolCalls: 0, durationMs: 5 };
const KNOWN = { runId: 'run', agent: 'agent', messages: [], ...COUNTS };

export const COMPLETED: Outcome<unknown> = { ...KNOWN, status: 'completed', output: 'Done.', text: 'Done.' };
export const SUSPENDED: Outcome<unknown> = { ...KNOWN, status: 'suspended', pending: [] };

export const APPROVE: Answer = { type: 'approve', fingerprint: 'f' };
export const APPROVED: Waited<Answer> = { type: 'answered', value: APPROVE };
export const PARKED: Waited<never> = { type: 'parked' };

/** What an approval waits with. */
export const APPROVAL = { fingerprint: 'f', accepts: ['approve', 'deny', 'edit'] } as const;
