import { untilCancelled } from '../base/cancellation.ts';
import { DurableError } from '../base/errors.ts';
import type { UserMessage } from '../chat/message.ts';
import type { RunSummary } from '../host/host.ts';
import { findLiveRun } from '../host/live-runs.ts';
import { type ConversationPlace, findOpenRun, takeTurn, waitForRun } from './open-run.ts';

export interface ContinueWays<Begun> {
  readonly place: ConversationPlace;
  readonly message: UserMessage;
  /** Begins a new run. */
  readonly begin: () => Promise<Begun>;
  /** Finishes a run that was broken off or answered. */
  readonly resume: (runId: string) => Promise<void>;
}

/** The run that has the message now. */
export type Continued<Begun> =
  | { readonly type: 'begun'; readonly begun: Begun }
  | { readonly type: 'open'; readonly runId: string };

/**
 * Says something in a conversation. The open run gets it if there is one:
 * 1. a suspended run gets it as `host.send` gives it;
 * 2. a run at work in this process gets it as `run.steer` does;
 * 3. one that was broken off, or that all answers are there for, is finished first;
 * 4. one at work elsewhere is waited for.
 *
 * Without an open run a new one begins.
 */
export async function continueIn<Begun>(ways: ContinueWays<Begun>): Promise<Continued<Begun>> {
  const { place, message, begin, resume } = ways;
  for (;;) {
    const next = await takeTurn(place, async (): Promise<Continued<Begun> | RunSummary> => {
      const open = await findOpenRun(place);
      if (open === undefined) return { type: 'begun', begun: await begin() };
      return (await sendTo(open, ways)) ? { type: 'open', runId: open.runId } : open;
    });
    if ('type' in next) return next;
    const { runId, status } = next;
    const live = findLiveRun(place.host, runId);
    if (live !== undefined) {
      if (await untilCancelled(place.cancellation, () => live.steer(message))) return { type: 'open', runId };
    } else if (status === 'running') await waitForRun(runId, place);
    else await resume(runId);
  }
}

/** `false` if it waits for nobody: its answers are there, and nobody has resumed it yet. */
async function sendTo({ runId, status }: RunSummary, { place, message }: ContinueWays<unknown>): Promise<boolean> {
  if (status !== 'suspended') return false;
  try {
    await place.host.send(runId, message);
    return true;
  } catch (error) {
    if (DurableError.isInstance(error) && error.code === 'run.not_waiting') return false;
    throw error;
  }
}
