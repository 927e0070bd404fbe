import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type InboxEntry, inbox, refreshInbox } from '../data/inbox.ts';
import { now } from '../data/state.ts';
import { PendingCallCard } from '../parts/pending-call.tsx';
import { Text } from '../parts/text.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { formatTime } from '../view/format-value.ts';
import { formatRoute } from '../view/route.ts';

/** The calls of all runs that wait for an answer. */
export function InboxScreen(): JSX.Element {
  const entries = inbox.value;
  const [selectedKey, setSelectedKey] = useState<string | undefined>(undefined);
  if (entries === undefined) return <p class="empty">Loading…</p>;
  if (entries.length === 0) return <p class="empty">Nothing waits for an answer.</p>;
  const found = entries.findIndex((entry) => keyOf(entry) === selectedKey);
  const index = Math.max(0, found);
  const entry = entries[index];
  return (
    <main class="screen inbox columns-list">
      <div class="side-list">
        <VirtualList
          label="Calls that wait"
          count={entries.length}
          rowHeight={46}
          selected={found}
          onSelect={(next) => setSelectedKey(keyOf(entries[next]))}
          keyOf={(row) => keyOf(entries[row])}
        >
          {(row) => {
            const each = entries[row];
            return each === undefined ? null : (
              <EntryRow entry={each} isCurrent={row === index} onSelect={() => setSelectedKey(keyOf(each))} />
            );
          }}
        </VirtualList>
      </div>
      {entry !== undefined && <EntryDetails entry={entry} key={keyOf(entry)} />}
    </main>
  );
}

function keyOf(entry: InboxEntry | undefined): string {
  return entry === undefined ? '' : `${entry.run.id} ${entry.pending.id}`;
}

interface RowProps {
  readonly entry: InboxEntry;
  readonly isCurrent: boolean;
  readonly onSelect: () => void;
}

function EntryRow({ entry: { run, pending }, isCurrent, onSelect }: RowProps): JSX.Element {
  const { call } = pending;
  const [name, text] =
    call.type === 'custom' ? [call.custom.name, call.custom.input] : [call.function.name, call.function.arguments];
  return (
    <button
      type="button"
      class="exchange-row"
      aria-current={isCurrent ? 'true' : undefined}
      onClick={onSelect}
      onFocus={onSelect}
    >
      <span>
        <strong>
          <Text value={name} />
        </strong>{' '}
        <span class="dim">
          <Text value={`${run.agent}, ${pending.reason}`} />
        </span>
      </span>
      <code class="dim">
        <Text value={text.slice(0, 120)} />
      </code>
    </button>
  );
}

function EntryDetails({ entry: { run, pending } }: { readonly entry: InboxEntry }): JSX.Element {
  const since = run.details !== undefined && 'updatedAt' in run.details ? run.details.updatedAt : undefined;
  return (
    <div class="entry">
      <p class="dim">
        Of{' '}
        <a href={formatRoute({ screen: 'run', runId: run.id })}>
          run <Text value={run.id} />
        </a>{' '}
        of <Text value={run.agent} />, begun {formatTime(run.createdAt, now.value)}
      </p>
      <PendingCallCard
        runId={run.id}
        agent={run.agent}
        pending={pending}
        since={since}
        onAnswered={refreshInbox}
        hasKeys={true}
      />
    </div>
  );
}
