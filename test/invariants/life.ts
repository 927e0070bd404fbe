import {
  Agent,
  type ChatModel,
  type Host,
  HostError,
  memoryHost,
  type Outcome,
  type Run,
  type RunEvent,
} from '@pawl/core';
import type { FailedAttempt, JournalEvent, LiveEvent } from '@pawl/core/events';
import { manualClock } from '@pawl/testing';
import { quiet } from '../quiet.ts';
import type { Scenario } from './scenario.ts';

export interface LifeOptions {
  readonly model: ChatModel;
  /** @defaultValue a memory of its own */
  readonly host?: Host;
  readonly stream?: boolean;
  /** Given each attempt at the run before it starts. */
  readonly watch?: (run: Run<unknown>) => void;
}

export interface Life {
  readonly outcome: Outcome<unknown>;
  /** The events of each attempt at the run. */
  readonly attempts: readonly (readonly RunEvent[])[];
  /** The idempotency keys of the calls that began. */
  readonly started: readonly string[];
}

/** A run from its start to its end: what waits for a person is answered, and what broke off is resumed. */
export async function live(scenario: Scenario, options: LifeOptions): Promise<Life> {
  const { model, host = memoryHost(), stream = false, watch } = options;
  const clock = manualClock();
  const started: string[] = [];
  const agent = new Agent({ ...scenario.agent({ started, model, clock }), model, clock, random: () => 0 });
  const attempts: RunEvent[][] = [];
  let isSteered = false;
  const ended = (run: Run<unknown>): Promise<Outcome<unknown> | undefined> => {
    const events: RunEvent[] = [];
    attempts.push(events);
    run.on('*', (event) => events.push(event));
    watch?.(run);
    if (scenario.says !== undefined && !isSteered) void run.steer(scenario.says);
    return run.outcome().catch(brokenOff);
  };
  let outcome = await ended(agent.run(scenario.input ?? 'Go.', { runId: 'run', host, stream }));
  while (outcome === undefined || outcome.status === 'suspended') {
    for (const pending of outcome?.pending ?? []) {
      if (scenario.answer === undefined) throw new Error(`Scenario "${scenario.name}" has no answer.`);
      await host.answer('run', pending.id, scenario.answer(pending));
    }
    isSteered = await knowsSteered(host);
    outcome = await ended(agent.resume('run', { host, stream }));
  }
  await quiet(clock);
  return { outcome, attempts, started };
}

/** An attempt may have died when it had remembered that, and had not told it. */
async function knowsSteered(host: Host): Promise<boolean> {
  const { events: facts } = await host.getRun('run');
  return facts.some(({ event: fact }) => 'steeringMessages' in fact && fact.steeringMessages !== undefined);
}

function brokenOff(error: unknown): undefined {
  if (!HostError.isInstance(error)) throw error;
}

/** What is told and remembered, without what may differ between two tellings of the same. */
export function factsOf(events: readonly RunEvent[]): readonly object[] {
  return events.filter(({ type }) => !(type in NOTICES)).map((event) => untimed(event) as object);
}

export function replayedFacts(events: readonly RunEvent[]): readonly object[] {
  return factsOf(events.filter(({ replayed }) => replayed === true));
}

/** Facts of parallel calls are told as they come, and told again by their position: compared without their order. */
export function sorted(facts: readonly object[]): readonly string[] {
  return facts.map((fact) => JSON.stringify(fact)).sort();
}

const NOTICES: Readonly<Record<Exclude<RunEvent['type'], JournalEvent['type']>, true>> = {
  'attempt.started': true,
  'attempt.failed': true,
  'text.delta': true,
  'reasoning.delta': true,
  'refusal.delta': true,
  'output.partial': true,
  'tool_call.delta': true,
  'attempt.discarded': true,
  'user.steering': true,
  'response.repaired': true,
  'tool.started': true,
  'tool.progress': true,
  'tool.late_result': true,
  'listener.failed': true,
} satisfies Record<LiveEvent['type'], true>;

const TIMES: ReadonlySet<string> = new Set(['at', 'activeMs', 'durationMs', 'seq', 'replayed', 'stack']);

function untimed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untimed);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => !TIMES.has(name));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, name === 'failedAttempts' ? namesOf(field) : untimed(field)]),
  );
}

/** How an attempt failed is worded by where, and in which form, the reply was. */
function namesOf(failed: readonly FailedAttempt[]): readonly object[] {
  return failed.map(({ attempt, model, error: { name } }) => ({ attempt, model, name }));
}
