import type { Host, Outcome, RunEvent } from '@pawl/core';
import type { ChatRequest, Message } from '@pawl/core/chat';
import { checkHistory, scriptedModel } from '@pawl/testing';
import { FaultyHost, type KillPoint } from '@pawl/testing/host';
import { expect } from 'vitest';
import { factsOf, type Life, live, replayedFacts, sorted } from './life.ts';
import { responder, type Scenario } from './scenario.ts';

const IN_DOUBT =
  'The outcome of this call is unknown: the process stopped while it ran. It may or may not have had its effect. Check before you repeat it.';

export interface Surviving {
  readonly moment: KillPoint['moment'];
  /** Gives a host that knows no run. */
  readonly open: () => Host | Promise<Host>;
}

/** Lives through a scenario again and again, killed at one step later each time, and expects the same of each life. */
export async function expectSurvives(scenario: Scenario, { moment, open }: Surviving): Promise<void> {
  const model = scriptedModel(responder(scenario));
  const undisturbed = await live(scenario, { model });
  let steps = 0;
  for (;;) {
    const { life, host, requests } = await killed(scenario, { kill: { at: steps + 1, moment }, host: await open() });
    if (!host.hasDied) break;
    steps++;
    if (steps > 1_000) throw new Error('It never gets to its end.');
    expect(life.outcome).toEqual(onUnknownOutcome(undisturbed, host.doubted));
    expect(checkHistory(life.outcome.messages)).toEqual([]);
    expect(host.repeated).toEqual([]);
    expect(new Set(onceKeys(life)).size).toBe(onceKeys(life).length);
    expectReplays(life);
    if (host.doubted.length > 0) continue;
    expect(sorted(newFacts(life))).toEqual(sorted(newFacts(undisturbed)));
    expect(distinct(requests)).toEqual(distinct(model.requests));
  }
  expect(steps).toBeGreaterThan(0);
}

interface Killed {
  readonly life: Life;
  readonly host: FaultyHost;
  readonly requests: readonly ChatRequest[];
}

interface Killing {
  readonly kill: KillPoint;
  readonly host: Host;
}

async function killed(scenario: Scenario, { kill, host: inner }: Killing): Promise<Killed> {
  const host = new FaultyHost(inner, kill);
  const model = scriptedModel(responder(scenario));
  return { life: await live(scenario, { model, host }), host, requests: model.requests };
}

/**
 * A request that was under way is made again, as it was: with the same room left in the budget. Those of agents side by
 * side have no order among them.
 */
function distinct(requests: readonly ChatRequest[]): readonly string[] {
  return [...new Set(requests.map((request) => JSON.stringify(request)))].sort();
}

/** The undisturbed outcome, but for the calls that nobody knows the outcome of. */
function onUnknownOutcome({ outcome, attempts }: Life, steps: readonly string[]): Outcome<unknown> {
  const ids = new Set(attempts.flat().flatMap((event) => (closes(event, steps) ? [event.call.id] : [])));
  const messages = outcome.messages.map((message): Message => {
    return message.role === 'tool' && ids.has(message.tool_call_id) ? { ...message, content: IN_DOUBT } : message;
  });
  return { ...outcome, messages };
}

function closes(event: RunEvent, steps: readonly string[]): event is Extract<RunEvent, { type: 'tool.finished' }> {
  if (event.path !== '' || (event.type !== 'tool.finished' && event.type !== 'tool.failed')) return false;
  return steps.some((step) => step.startsWith(`tool:${event.turn}.${event.index}:`));
}

/** The calls that may have happened, of tools that must not happen twice. */
function onceKeys({ started }: Life): readonly string[] {
  return started.filter((key) => /:(pay|refund|fail)$/.test(key));
}

/** How an attempt ended is told, and not remembered. */
function endsAttempt(event: RunEvent): boolean {
  if (event.type === 'run.finished') return event.path === '' || event.outcome.status === 'suspended';
  return event.type === 'run.suspended' || event.type === 'tool.suspended';
}

/** Each attempt begins with the facts of those before it, marked; nothing else is marked. */
function expectReplays({ attempts }: Life): void {
  let known: readonly object[] = [];
  for (const events of attempts) {
    expect(sorted(replayedFacts(events))).toEqual(sorted(known));
    known = factsOf(events.filter((event) => !endsAttempt(event)));
  }
}

/** A run inside may wait through several attempts at the one around it. */
function isWithin({ type, path }: RunEvent): boolean {
  return path !== '' || type === 'tool.suspended';
}

function newFacts({ attempts }: Life): readonly object[] {
  return factsOf(
    attempts.flat().filter((event) => event.replayed !== true && !(isWithin(event) && endsAttempt(event))),
  );
}
