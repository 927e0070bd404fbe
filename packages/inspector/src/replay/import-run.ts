import type { Host, PendingCall } from '@pawl/core';
import type { JournalEvent } from '@pawl/core/events';
import type { RecordedEvent, RunProgress, StepRunner } from '@pawl/core/host';

/**
 * Copies a run into a host that does not have it: its recorded steps, and the answers that it got. What it still waits for cannot be answered
 * in the copy.
 */
export async function importRun(host: Host, { record, events, outcome }: Omit<RunProgress, 'status'>): Promise<void> {
  const runner = await host.start(record);
  const waits = new Waits(host, { runId: record.runId, runner, events });
  for (const recorded of events) {
    await waits.follow(recorded);
    await runner.step<JournalEvent>({
      type: 'step',
      name: recorded.step,
      effect: 'read',
      work: async () => recorded.event,
      onRecorded: () => undefined,
    });
  }
  await host.release(record.runId, outcome);
}

interface CopiedRun {
  readonly runId: string;
  readonly runner: StepRunner;
  readonly events: readonly RecordedEvent[];
}

/** The waits of a run, which are no steps: an answer that was delivered is read again by each attempt. */
class Waits {
  readonly #host: Host;
  readonly #run: CopiedRun;
  /** The last pending call of each call. */
  readonly #open = new Map<string, PendingCall>();
  readonly #expired: ReadonlySet<string>;

  constructor(host: Host, run: CopiedRun) {
    this.#host = host;
    this.#run = run;
    this.#expired = new Set(
      run.events.flatMap((each) => (each.event.type === 'approval.expired' ? nameCall(each) : [])),
    );
  }

  async follow(recorded: RecordedEvent): Promise<void> {
    const { event } = recorded;
    const { runId } = this.#run;
    const [call = ''] = nameCall(recorded);
    if (event.type === 'approval.requested' || event.type === 'tool.suspended') {
      for (const pending of [event.pending].flat()) {
        await this.#wait(pending, this.#expired.has(call));
        this.#open.set(call, pending);
      }
    } else if (event.type === 'approval.answered') {
      const pending = this.#open.get(call);
      if (pending === undefined) return;
      await this.#host.answer(runId, pending.id, event.answer, { ...(event.by !== undefined && { by: event.by }) });
      await this.#wait(pending, false);
      this.#open.delete(call);
    } else if (event.type === 'user.interrupted' && this.#open.size > 0) {
      await this.#host.sendMessage(runId, event.message, { ...(event.by !== undefined && { by: event.by }) });
      for (const pending of this.#open.values()) await this.#wait(pending, false);
      this.#open.clear();
    }
  }

  async #wait({ id, fingerprint, accepts }: PendingCall, isExpired: boolean): Promise<void> {
    await this.#run.runner.waitFor(id, { fingerprint, accepts, ahead: true, ...(isExpired && { timeoutMs: 0 }) });
  }
}

/** Names the call of an event, if it is about one. */
function nameCall({ path, event }: RecordedEvent): readonly string[] {
  return 'index' in event ? [`${path}/${event.turn}.${event.index}`] : [];
}
