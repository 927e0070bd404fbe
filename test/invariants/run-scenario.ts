import { type ChatModel, type Host, HostError, memoryHost, type Outcome, type Run, type RunEvent } from '@pawl/core';
import type { FailedAttempt, JournalEvent, LiveEvent } from '@pawl/core/events';
import { manualClock } from '@pawl/testing';
import { waitForDeadlines } from '../quiet.ts';
import { createScenarioAgent, type Scenario } from './scenario.ts';

export interface ScenarioRunOptions {
  readonly model: ChatModel;
  /** @defaultValue a new memory host */
  readonly host?: Host;
  readonly stream?: boolean;
  /** Called with each attempt at the run before it starts. */
  readonly watch?: (run: Run<unknown>) => void;
}

export interface ScenarioRun {
  readonly outcome: Outcome<unknown>;
  /** The events of each attempt at the run. */
  readonly attempts: readonly (readonly RunEvent[])[];
  /** The idempotency keys of the started calls. */
  readonly started: readonly string[];
}

/** Runs a scenario to its end: answers pending calls and resumes after each `HostError`. */
export async function runScenario(scenario: Scenario, options: ScenarioRunOptions): Promise<ScenarioRun> {
  const { model, host = memoryHost(), stream = false, watch } = options;
  const clock = manualClock();
  const started: string[] = [];
  const stage = { started, model, clock };
  const agent = scenario.flow?.(stage) ?? createScenarioAgent(scenario, stage);
  const attempts: RunEvent[][] = [];
  let isSteered = false;
  const waitForOutcome = (run: Run<unknown>): Promise<Outcome<unknown> | undefined> => {
    const events: RunEvent[] = [];
    attempts.push(events);
    run.on('*', (event) => events.push(event));
    watch?.(run);
    if (scenario.steering !== undefined && !isSteered) void run.steer(scenario.steering);
    return run.outcome().catch(ignoreHostError);
  };
  const conversation = await scenario.conversation?.();
  const place = { host, stream, ...(conversation !== undefined && { conversation }) };
  let outcome = await waitForOutcome(agent.run(scenario.input ?? 'Go.', { ...place, runId: 'run' }));
  while (outcome === undefined || outcome.status === 'suspended') {
    if (attempts.length > 100) throw new Error(`Scenario "${scenario.name}" never ends.`);
    for (const pending of outcome?.pending ?? []) {
      if (scenario.answer === undefined) throw new Error(`Scenario "${scenario.name}" needs an answer.`);
      await host.answer('run', pending.id, scenario.answer(pending));
    }
    isSteered = await hasRecordedSteering(host);
    outcome = await waitForOutcome(agent.resume('run', place));
  }
  await waitForDeadlines(clock);
  return { outcome, attempts, started };
}

/** An attempt may die after recording the steering and before emitting its event. */
async function hasRecordedSteering(host: Host): Promise<boolean> {
  const { events } = await host.getRun('run');
  return events.some(({ event }) => 'steeringMessages' in event && event.steeringMessages !== undefined);
}

function ignoreHostError(error: unknown): undefined {
  if (!HostError.isInstance(error)) throw error;
}

/** Journal events without the fields that differ between two emissions. */
export function listJournalEvents(events: readonly RunEvent[]): readonly object[] {
  return events.filter(({ type }) => !(type in LIVE_EVENTS)).map((event) => removeTimes(event) as object);
}

export function listReplayedEvents(events: readonly RunEvent[]): readonly object[] {
  return listJournalEvents(events.filter(({ replayed }) => replayed === true));
}

/** Events of parallel calls are emitted as they come and replayed by position: compares them without order. */
export function sortEvents(events: readonly object[]): readonly string[] {
  return events.map((event) => JSON.stringify(event)).sort();
}

const LIVE_EVENTS: Readonly<Record<Exclude<RunEvent['type'], JournalEvent['type']>, true>> = {
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

/** Times, and what depends on them: parallel calls are recorded in the order in which they end. */
const TIMES: ReadonlySet<string> = new Set(['at', 'activeMs', 'durationMs', 'seq', 'position', 'replayed', 'stack']);

function removeTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(removeTimes);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => !TIMES.has(name));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, name === 'failedAttempts' ? summarizeAttempts(field) : removeTimes(field)]),
  );
}

/** The message of a failed attempt depends on the place and form of the response. */
function summarizeAttempts(failed: readonly FailedAttempt[]): readonly object[] {
  return failed.map(({ attempt, model, error: { name } }) => ({ attempt, model, name }));
}
