import type { Host, Outcome, RunEvent } from '@pawl/core';
import type { ChatRequest, Message } from '@pawl/core/chat';
import { checkHistory, scriptedModel } from '@pawl/testing';
import { FaultyHost, type KillPoint } from '@pawl/testing/host';
import { expect } from 'vitest';
import { listJournalEvents, listReplayedEvents, runScenario, type ScenarioRun, sortEvents } from './run-scenario.ts';
import { createResponder, type Scenario } from './scenario.ts';

const UNKNOWN_OUTCOME =
  'The outcome of this call is unknown: the process stopped while it ran. It may have had its effect. Check before you repeat it.';

export interface SurvivalOptions {
  readonly moment: KillPoint['moment'];
  /** Opens a host that knows no run. */
  readonly open: () => Host | Promise<Host>;
}

/** Runs a scenario again and again, kills the process one step later each time, and expects the same result. */
export async function expectSurvives(scenario: Scenario, { moment, open }: SurvivalOptions): Promise<void> {
  const model = scriptedModel(createResponder(scenario));
  const undisturbed = await runScenario(scenario, { model });
  let steps = 0;
  for (;;) {
    const { life, host, requests } = await runKilled(scenario, { kill: { at: steps + 1, moment }, host: await open() });
    if (!host.hasDied) break;
    steps++;
    if (steps > 1_000) throw new Error('The run never ends.');
    expect(life.outcome).toEqual(replaceUnknownOutcomes(undisturbed, host.unknownOutcomes));
    expect(checkHistory(life.outcome.messages)).toEqual([]);
    expect(host.repeated).toEqual([]);
    expect(new Set(listNonIdempotentKeys(life)).size).toBe(listNonIdempotentKeys(life).length);
    expectReplays(life);
    await expectPositions(life, host);
    if (host.unknownOutcomes.length > 0) continue;
    expect(sortNewEvents(life)).toEqual(sortNewEvents(undisturbed));
    expect(listDistinct(requests)).toEqual(listDistinct(model.requests));
  }
  expect(steps).toBeGreaterThan(0);
}

interface KilledRun {
  readonly life: ScenarioRun;
  readonly host: FaultyHost;
  readonly requests: readonly ChatRequest[];
}

interface KillOptions {
  readonly kill: KillPoint;
  readonly host: Host;
}

async function runKilled(scenario: Scenario, { kill, host: inner }: KillOptions): Promise<KilledRun> {
  const host = new FaultyHost(inner, kill);
  const model = scriptedModel(createResponder(scenario));
  return { life: await runScenario(scenario, { model, host }), host, requests: model.requests };
}

/**
 * An interrupted request is sent again unchanged, with the same rest of the budget. Requests of parallel agents have no
 * order.
 */
function listDistinct(requests: readonly ChatRequest[]): readonly string[] {
  return [...new Set(requests.map((request) => JSON.stringify(request)))].sort();
}

/** The undisturbed outcome, except for calls whose outcome is unknown. */
function replaceUnknownOutcomes({ outcome, attempts }: ScenarioRun, steps: readonly string[]): Outcome<unknown> {
  const ids = new Set(attempts.flat().flatMap((event) => (isResultOf(event, steps) ? [event.call.id] : [])));
  const messages = outcome.messages.map((message): Message => {
    return message.role === 'tool' && ids.has(message.tool_call_id)
      ? { ...message, content: UNKNOWN_OUTCOME }
      : message;
  });
  return { ...outcome, messages };
}

function isResultOf(event: RunEvent, steps: readonly string[]): event is Extract<RunEvent, { type: 'tool.finished' }> {
  if (event.path !== '' || (event.type !== 'tool.finished' && event.type !== 'tool.failed')) return false;
  return steps.some((step) => step.startsWith(`tool:${event.turn}.${event.index}:`));
}

/** Calls of tools that must not run twice. */
function listNonIdempotentKeys({ started }: ScenarioRun): readonly string[] {
  return started.filter((key) => /:(pay|refund|fail)$/.test(key));
}

/** The end of an attempt is emitted and not recorded. */
function isAttemptEnd(event: RunEvent): boolean {
  if (event.type === 'run.finished')
    return event.path === '' || event.outcome.status === 'suspended' || isBegunByStep(event);
  return event.type === 'run.suspended' || (event.type === 'tool.suspended' && event.position === undefined);
}

/** If a step is recorded, its code does not run again: the recorded events of the runs that it began are replayed, but not their ends. */
function isBegunByStep({ path }: RunEvent): boolean {
  return /(^|\/)step:[^/]+$/.test(path);
}

/** Each attempt replays the recorded events of earlier attempts, marked as replayed. No other event is marked. */
function expectReplays({ attempts }: ScenarioRun): void {
  let known: readonly RunEvent[] = [];
  for (const [index, events] of attempts.entries()) {
    const replayed = listReplayedEvents(events.filter((event) => !isAttemptEnd(event)));
    // Code that names its steps replays them when it runs again. An attempt that died before has not replayed them all.
    const isLast = index === attempts.length - 1;
    const expected = isLast ? known : known.filter((event) => !isOfCode(event) || isAmong(event, replayed));
    expect(sortEvents(replayed)).toEqual(sortEvents(listJournalEvents(expected)));
    known = [...known, ...events.filter((event) => event.replayed !== true && !isAttemptEnd(event))];
  }
}

/** Whether the event is of a step that code has named, or of a run inside one. */
function isOfCode({ path, type }: RunEvent): boolean {
  return type === 'step.finished' || type === 'step.failed' || /(^|\/)step:/.test(path);
}

function isAmong(event: RunEvent, events: readonly object[]): boolean {
  const [found] = sortEvents(listJournalEvents([event]));
  return found !== undefined && sortEvents(events).includes(found);
}

/** Every attempt emits a stored event with its position in the journal. */
async function expectPositions({ attempts }: ScenarioRun, host: Host): Promise<void> {
  const { events } = await host.getRun('run');
  const stored = new Set(events.map(({ position, path, event }) => `${position} ${path} ${event.type}`));
  const emitted = attempts.flat().filter(({ position }) => position !== undefined);
  const unknown = emitted.filter(({ position, path, type }) => !stored.has(`${position} ${path} ${type}`));
  expect(unknown).toEqual([]);
  expect(new Set(emitted.map(({ position }) => position)).size).toBe(events.length);
}

/** A nested run may wait through several attempts of the outer run. */
function isRepeated(event: RunEvent): boolean {
  if (event.type === 'tool.suspended') return true;
  if (event.path === '') return false;
  return event.type === 'run.suspended' || (event.type === 'run.finished' && event.outcome.status === 'suspended');
}

function listNewEvents({ attempts }: ScenarioRun): readonly object[] {
  return listJournalEvents(attempts.flat().filter((event) => event.replayed !== true && !isRepeated(event)));
}

/** A call that a run inside suspends once more, because of the crash, has another number in the name of its step. */
function sortNewEvents(life: ScenarioRun): readonly string[] {
  return sortEvents(listNewEvents(life))
    .map((text) => text.replace(/("step":"tool:\d+\.\d+:\w+):\d+"/, '$1"'))
    .sort();
}
