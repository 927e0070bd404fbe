import type { PendingCall, RunEvent } from '@pawl/core';
import type { JSX } from 'preact';
import { isAtRest, type RunSource } from '../data/run-follower.ts';
import { now, openRoute } from '../data/state.ts';
import { useKeys } from '../parts/keys.ts';
import { PendingCallCard } from '../parts/pending-call.tsx';
import { LongText } from '../parts/text.tsx';
import { WaterfallView } from '../parts/waterfall.tsx';
import { foldRows } from '../view/fold-rows.ts';
import { foldTurn } from '../view/fold-turn.ts';
import { HOME } from '../view/route.ts';

/** A run: its waterfall, what it waits for, and the text that the model is writing. */
export function RunScreen({ source, isDump }: { readonly source: RunSource; readonly isDump: boolean }): JSX.Element {
  useKeys({ Escape: () => openRoute(HOME) });
  const events = source.events.value;
  const state = source.state.value;
  if (!source.isLoaded.value && events.length === 0) return <p class="empty">Loading…</p>;
  const atRest = state === undefined || isAtRest(state.status);
  // The time counts only while something goes on.
  const time = atRest ? 0 : now.value;
  const waterfall = foldRows(events, { createdAt: state?.createdAt ?? 0, now: time, isAtRest: atRest });
  return (
    <div class="run-body">
      {!isDump && <PendingCalls source={source} />}
      {!atRest && <LiveTextView events={events} />}
      <WaterfallView runId={source.runId} waterfall={waterfall} />
    </div>
  );
}

function PendingCalls({ source }: { readonly source: RunSource }): JSX.Element | null {
  const state = source.state.value;
  // The calls of a suspended run are JSON of pending calls.
  const calls = (state?.pending ?? []) as unknown as readonly PendingCall[];
  if (state === undefined || calls.length === 0) return null;
  return (
    <section class="pending-calls" aria-label="Pending calls">
      {calls.map((pending, index) => (
        <PendingCallCard
          key={pending.id}
          runId={state.id}
          agent={findAgent(source.events.value, pending) ?? state.agent}
          pending={pending}
          since={findSince(source.events.value, pending)}
          onAnswered={() => undefined}
          hasKeys={index === 0}
        />
      ))}
    </section>
  );
}

function findRequest(events: readonly RunEvent[], { fingerprint }: PendingCall): RunEvent | undefined {
  return events.findLast((event) => event.type === 'approval.requested' && event.pending.fingerprint === fingerprint);
}

function findSince(events: readonly RunEvent[], pending: PendingCall): number | undefined {
  return findRequest(events, pending)?.at;
}

/** A call of a run inside belongs to the agent of that run. */
function findAgent(events: readonly RunEvent[], pending: PendingCall): string | undefined {
  return findRequest(events, pending)?.agent;
}

/** The text of the turn in progress. It is void if the attempt is discarded. */
function LiveTextView({ events }: { readonly events: readonly RunEvent[] }): JSX.Element | null {
  const last = events.findLast((event) => event.path === '' && 'turn' in event);
  if (last === undefined || !('turn' in last)) return null;
  // Without the conversation before it, which takes long to fold.
  const own = events.filter((event) => event.path === '' && 'turn' in event && event.turn === last.turn);
  const turn = foldTurn(own, { path: '', turn: last.turn });
  if (turn === undefined || turn.response !== undefined) return null;
  const { text, reasoning, refusal, discardedCount } = turn.live;
  if (`${text}${reasoning}${refusal}` === '' && discardedCount === 0) return null;
  return (
    <section class="live" aria-label="Text in progress" aria-live="polite">
      <h2>
        Turn {last.turn}, being written
        {discardedCount > 0 && <span class="dim"> ({discardedCount} discarded before)</span>}
      </h2>
      {reasoning !== '' && <LongText value={reasoning} label="Reasoning in progress" />}
      {text !== '' && <LongText value={text} label="Text in progress" />}
      {refusal !== '' && <LongText value={refusal} label="Refusal in progress" />}
    </section>
  );
}
