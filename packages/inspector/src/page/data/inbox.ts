import type { PendingCall } from '@pawl/core';
import type { RunState } from '@pawl/serve';
import { type Signal, signal } from '@preact/signals';
import { listRuns } from './server.ts';
import { pollWhileVisible } from './state.ts';

/** A call of any run that waits for an answer. */
export interface InboxEntry {
  readonly run: RunState;
  readonly pending: PendingCall;
}

/** The calls that wait, those of the newest runs first; `undefined` before they are read. */
export const inbox: Signal<readonly InboxEntry[] | undefined> = signal(undefined);

let refresh: (() => Promise<void>) | undefined;

/** Reads the inbox each second, for its screen and for the number in the navigation. */
export function startInbox(): () => void {
  refresh = readInbox;
  const stop = pollWhileVisible(readInbox);
  return () => {
    refresh = undefined;
    stop();
  };
}

/** Reads the inbox now: a call was answered. */
export function refreshInbox(): void {
  void refresh?.().catch(() => undefined); // The timer reads it again, and reports.
}

async function readInbox(): Promise<void> {
  const { data } = await listRuns({ status: 'suspended', limit: '100' });
  const entries = data.flatMap((run) =>
    // JSON of pending calls, as the server has them.
    (run.pending as unknown as readonly PendingCall[]).map((pending) => ({ run, pending })),
  );
  // An equal list is not drawn again: a form may be open.
  if (JSON.stringify(entries) !== JSON.stringify(inbox.peek())) inbox.value = entries;
}
