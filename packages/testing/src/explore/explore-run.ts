import {
  type Agent,
  type Answer,
  memoryHost,
  type Outcome,
  type PendingCall,
  type Run,
  type RunEvent,
} from '@pawl/core';
import { watchRejections } from './watch-rejections.ts';

export interface LiveOptions<Context> {
  /** @defaultValue 'Go.' */
  readonly input?: string;
  readonly context?: Context;
  /** Answers a call that waits for a person. @defaultValue approves or resumes about half of the calls and denies the others */
  readonly answer?: (pending: PendingCall, seed: number) => Answer;
}

/** One run, from start to end. */
export interface ExploredRun {
  readonly outcome: Outcome<unknown>;
  /** The events of all attempts, without replayed ones. */
  readonly events: readonly RunEvent[];
  readonly rejections: readonly unknown[];
}

/** Runs the agent and answers every pending call until the run has ended. */
export async function exploreRun<Context, Output>(
  agent: Agent<Context, Output>,
  { seed, options }: { readonly seed: number; readonly options: LiveOptions<Context> },
): Promise<ExploredRun> {
  const { input = 'Go.', context, answer = answerAlternately } = options;
  const host = memoryHost();
  // The caller's types check whether the context is needed.
  const given = { host, stream: seed % 2 === 1, context };
  const events: RunEvent[] = [];
  const listenTo = <T>(run: Run<T>): Promise<Outcome<T>> => {
    run.on('*', (event) => (event.replayed === true ? undefined : events.push(event)));
    return run.outcome();
  };
  const watch = watchRejections();
  try {
    let outcome: Outcome<unknown> = await listenTo(agent.run(input, { ...given, runId: `seed-${seed}` } as never));
    for (let rounds = 1; outcome.status === 'suspended'; rounds++) {
      if (rounds > MAX_ROUNDS) throw new Error(describeEndless(outcome.pending, seed));
      for (const pending of outcome.pending) {
        await host.answer(outcome.runId, pending.id, answer(pending, seed));
      }
      outcome = await listenTo(agent.resume(outcome.runId, given as never));
    }
    return { outcome, events, rejections: await watch.readRejections() };
  } finally {
    watch.end();
  }
}

/** A tool that suspends the run after each approval never ends. */
const MAX_ROUNDS = 100;

function describeEndless(pending: readonly PendingCall[], seed: number): string {
  const calls = pending.map(({ id }) => id).join(', ');
  return `Seed ${seed} is suspended after ${MAX_ROUNDS} rounds of answers, and waits for ${calls || 'nothing'}. Pass { answer } with an answer that lets the run continue.`;
}

function answerAlternately({ fingerprint, accepts, id }: PendingCall, seed: number): Answer {
  const agrees = (seed + id.length) % 2 === 0;
  const value = `Answer ${seed}.`;
  if (accepts.includes('approve') && agrees) return { type: 'approve', fingerprint };
  if (accepts.includes('resume') && agrees) return { type: 'resume', fingerprint, value };
  if (accepts.includes('approve') || accepts.includes('resume'))
    return { type: 'deny', fingerprint, reason: `Seed ${seed} denies it.` };
  return { type: 'result', fingerprint, value };
}
