import type { RunState } from '@pawl/serve';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { dumpedRuns, openDump } from '../data/dump.ts';
import { RunList } from '../data/run-list.ts';
import { now, openRoute, replaceRoute, route } from '../data/state.ts';
import { STATUSES, Status } from '../parts/status.tsx';
import { Text } from '../parts/text.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { explainStatus } from '../view/describe-run.ts';
import { formatCost, formatCount, formatDuration, formatTime } from '../view/format-value.ts';
import { needsAttention } from '../view/order-runs.ts';
import { formatRoute, type RunsFilter } from '../view/route.ts';

const ROW_HEIGHT = 46;

/** The list of runs: those that need attention first, then the newest. */
export function RunsScreen({ filter }: { readonly filter: RunsFilter }): JSX.Element {
  const { status, agent, conversation, text } = filter;
  const list = useMemo(() => new RunList(filter), [status, agent, conversation, text]);
  useEffect(() => () => list.close(), [list]);
  return (
    <main class="screen">
      <FilterBar filter={filter} />
      <DumpedRuns />
      {list.problem.value !== undefined && (
        <p class="problem" role="alert">
          <Text value={list.problem.value} />
        </p>
      )}
      <RunTable list={list} />
    </main>
  );
}

function RunTable({ list }: { readonly list: RunList }): JSX.Element {
  const runs = list.runs.value;
  const [selectedId, setSelectedId] = useState<string | undefined>(undefined);
  const selected = runs.findIndex(({ id }) => id === selectedId);
  if (runs.length === 0) return <p class="empty">{list.isLoaded.value ? 'No run matches.' : 'Loading…'}</p>;
  return (
    <>
      <div class="run-row head" aria-hidden="true">
        {['Status', 'Run', 'Turns', 'Calls', 'Tokens', 'Cost', 'At work', 'Begun'].map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <VirtualList
        label="Runs"
        count={runs.length}
        rowHeight={ROW_HEIGHT}
        selected={selected}
        onSelect={(index) => setSelectedId(runs[index]?.id)}
        keyOf={(index) => runs[index]?.id ?? String(index)}
        onEnd={() => void list.loadMore()}
      >
        {(index) => {
          const run = runs[index];
          return run === undefined ? null : <RunRow run={run} onFocus={() => setSelectedId(run.id)} />;
        }}
      </VirtualList>
    </>
  );
}

function RunRow({ run, onFocus }: { readonly run: RunState; readonly onFocus: () => void }): JSX.Element {
  const { details } = run;
  const { totals = null, attempts = 1 } = details !== undefined && 'totals' in details ? details : {};
  const { durationMs, turnCount, toolCallCount } = (run.outcome ?? {}) as Readonly<Record<string, number | undefined>>;
  const usage = totals?.usage ?? run.usage;
  const why = explainStatus(run);
  return (
    <a
      class={`run-row ${needsAttention(run) ? 'attention' : ''}`}
      href={formatRoute({ screen: 'run', runId: run.id })}
      onFocus={onFocus}
    >
      <span>
        <Status status={run.status} />
      </span>
      <span class="run-name">
        <span class="run-line">
          <strong>
            <Text value={run.agent} />
          </strong>{' '}
          <code>
            <Text value={run.id} />
          </code>
          <Marks run={run} attempts={attempts} />
        </span>
        <span class="dim run-why">
          <Text value={why.slice(0, 200) || formatMetadata(run)} />
        </span>
      </span>
      <Cell value={totals?.turnCount ?? turnCount} show={formatCount} unit="turns" />
      <Cell value={totals?.toolCallCount ?? toolCallCount} show={formatCount} unit="calls" />
      <Cell value={usage?.totalTokens} show={formatCount} unit="tokens" />
      <Cell value={usage?.cost} show={formatCost} unit="" />
      <Cell value={durationMs} show={formatDuration} unit="at work" />
      <span class="number">{formatTime(run.createdAt, now.value)}</span>
    </a>
  );
}

interface CellProps {
  readonly value: number | undefined;
  readonly show: (value: number) => string;
  readonly unit: string;
}

function Cell({ value, show, unit }: CellProps): JSX.Element {
  return (
    <span class="number">
      {value === undefined ? '–' : show(value)}
      <span class="unseen"> {unit}</span>
    </span>
  );
}

function Marks({ run: { details }, attempts }: { readonly run: RunState; readonly attempts: number }): JSX.Element {
  return (
    <>
      {attempts > 1 && <span class="dim"> {attempts} attempts</span>}
      {details?.forkedFrom != null && <span class="dim"> ⑂ fork</span>}
      {details?.conversation != null && (
        <span class="dim">
          {' '}
          ⌁ <Text value={details.conversation} />
        </span>
      )}
    </>
  );
}

function formatMetadata({ details, metadata }: RunState): string {
  const shown = details?.metadata ?? metadata;
  return shown === null || JSON.stringify(shown) === '{}' ? '' : JSON.stringify(shown).slice(0, 200);
}

function FilterBar({ filter }: { readonly filter: RunsFilter }): JSX.Element {
  const set = (change: RunsFilter): void => {
    const given = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== '');
    replaceRoute({ screen: 'runs', filter: Object.fromEntries(given) });
  };
  return (
    <search class="filters" aria-label="Filter of runs">
      <select aria-label="Status" value={filter.status ?? ''} onChange={(e) => set({ status: e.currentTarget.value })}>
        <option value="">Every status</option>
        {STATUSES.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </select>
      <FilterInput name="Agent" value={filter.agent} onInput={(agent) => set({ agent })} />
      <FilterInput name="Text" value={filter.text} onInput={(text) => set({ text })} />
      <FilterInput name="Conversation" value={filter.conversation} onInput={(conversation) => set({ conversation })} />
      <label class="file">
        Open a dump…
        <input
          type="file"
          accept=".jsonl,.ndjson,.json"
          onChange={(event) => void openFiles(event.currentTarget)}
          aria-label="Open a dump"
        />
      </label>
    </search>
  );
}

interface FilterInputProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly onInput: (value: string) => void;
}

function FilterInput({ name, value = '', onInput }: FilterInputProps): JSX.Element {
  return (
    <input
      type="search"
      aria-label={name}
      placeholder={name}
      value={value}
      spellcheck={false}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

async function openFiles(input: HTMLInputElement): Promise<void> {
  const [file] = input.files ?? [];
  if (file === undefined) return;
  const [runId] = await openDump(file);
  input.value = '';
  if (runId !== undefined && route.value.screen === 'runs') openRoute({ screen: 'run', runId });
}

function DumpedRuns(): JSX.Element | null {
  const dumped = [...dumpedRuns.value.keys()];
  if (dumped.length === 0) return null;
  return (
    <nav class="dumped" aria-label="Runs from files">
      From files:{' '}
      {dumped.map((runId) => (
        <a key={runId} href={formatRoute({ screen: 'run', runId })}>
          <Text value={runId} />
        </a>
      ))}
    </nav>
  );
}
