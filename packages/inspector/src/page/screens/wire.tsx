import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { WireExchangeView, WireSummary, WireView } from '../../api.ts';
import type { RunSource } from '../data/run-follower.ts';
import { readExchange, readWire, toMessage } from '../data/server.ts';
import { openRoute } from '../data/state.ts';
import { ExchangeDetails } from '../parts/exchange.tsx';
import { useKeys } from '../parts/keys.ts';
import { Text } from '../parts/text.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { formatBytes } from '../view/format-value.ts';
import { formatRoute } from '../view/route.ts';

interface WireProps {
  readonly source: RunSource;
  readonly exchange: number | undefined;
}

/** The bytes of each request and response, and how each request differs from the one before. */
export function WireScreen({ source, exchange }: WireProps): JSX.Element {
  const { runId } = source;
  const { view, problem } = useWire(source);
  useKeys({ Escape: () => openRoute({ screen: 'run', runId }) });
  if (problem !== undefined) {
    return (
      <p class="problem" role="alert">
        <Text value={problem} />
      </p>
    );
  }
  if (view === undefined) return <p class="empty">Loading…</p>;
  if (view.data.length === 0) {
    return (
      <p class="empty">
        The log has no request of this run. Only models of openai() are logged, while the option wireLog is set.
      </p>
    );
  }
  const id = exchange ?? view.data.at(-1)?.id;
  const index = view.data.findIndex((each) => each.id === id);
  return (
    <div class="wire columns-list">
      <div class="side-list">
        {view.isTrimmed && (
          <p class="hint">Older exchanges are not kept: the log keeps a limited number of bytes of a run.</p>
        )}
        <VirtualList
          label="Requests"
          count={view.data.length}
          rowHeight={46}
          selected={index}
          onSelect={(next) => openRoute({ screen: 'wire', runId, exchange: view.data[next]?.id ?? 1 })}
          keyOf={(row) => String(view.data[row]?.id)}
        >
          {(row, isSelected) => {
            const summary = view.data[row];
            return summary === undefined ? null : <ExchangeRow {...{ summary, runId, isSelected }} />;
          }}
        </VirtualList>
      </div>
      <Exchange source={source} view={view} id={id} />
    </div>
  );
}

interface Loaded {
  readonly view: WireView | undefined;
  readonly problem: string | undefined;
}

/** Reads the list again with each attempt of the run. */
function useWire(source: RunSource): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ view: undefined, problem: undefined });
  const attempts = source.events.value.filter(({ type }) => WIRE_EVENTS.has(type)).length;
  useEffect(() => {
    let isCurrent = true;
    readWire(source.runId).then(
      (view) => isCurrent && setLoaded({ view, problem: undefined }),
      (error: unknown) => isCurrent && setLoaded({ view: undefined, problem: toMessage(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [source.runId, attempts]);
  return loaded;
}

const WIRE_EVENTS: ReadonlySet<string> = new Set([
  'attempt.started',
  'attempt.failed',
  'attempt.discarded',
  'model.responded',
  'model.failed',
  'run.finished',
]);

interface RowProps {
  readonly summary: WireSummary;
  readonly runId: string;
  readonly isSelected: boolean;
}

function ExchangeRow({ summary, runId, isSelected }: RowProps): JSX.Element {
  const { id, path, turn, attempt, status, bodyBytes, sharedBytes, error, endedAt } = summary;
  const state =
    error !== undefined ? (error.code ?? error.name) : (status ?? (endedAt === undefined ? 'at work' : 'no status'));
  return (
    <a
      class="exchange-row"
      href={formatRoute({ screen: 'wire', runId, exchange: id })}
      aria-current={isSelected ? 'true' : undefined}
    >
      <span>
        <strong>
          Turn {turn}
          {attempt > 1 ? `, attempt ${attempt}` : ''}
        </strong>{' '}
        <span class={error !== undefined || (status ?? 200) >= 400 ? 'state-failed' : 'dim'}>{state}</span>
        {path !== '' && (
          <code>
            {' '}
            <Text value={path} />
          </code>
        )}
      </span>
      <span class="dim">
        {bodyBytes === null ? 'body not kept' : formatBytes(bodyBytes)}
        {sharedBytes !== null &&
          bodyBytes !== null &&
          bodyBytes > 0 &&
          `, ${Math.round((sharedBytes / bodyBytes) * 100)} % of the bytes as before`}
      </span>
    </a>
  );
}

interface ExchangeProps {
  readonly source: RunSource;
  readonly view: WireView;
  readonly id: number | undefined;
}

interface Pair {
  readonly current: WireExchangeView;
  readonly previous: WireExchangeView | undefined;
}

interface LoadedPair {
  readonly pair: Pair | undefined;
  readonly problem: string | undefined;
}

function Exchange({ source, view, id }: ExchangeProps): JSX.Element | null {
  const { runId } = source;
  const summary = view.data.find((each) => each.id === id);
  const [{ pair, problem }, setLoaded] = useState<LoadedPair>({ pair: undefined, problem: undefined });
  useEffect(() => {
    let isCurrent = true;
    if (summary === undefined) return;
    loadPair(runId, summary).then(
      (pair) => isCurrent && setLoaded({ pair, problem: undefined }),
      (error: unknown) => isCurrent && setLoaded({ pair: undefined, problem: toMessage(error) }),
    );
    return () => {
      isCurrent = false;
    };
    // A response that arrives grows.
  }, [runId, id, summary?.responseBytes, summary?.endedAt]);
  if (problem !== undefined) {
    return (
      <p class="problem" role="alert">
        <Text value={problem} />
      </p>
    );
  }
  if (pair?.current.id !== id || pair === undefined) return <p class="empty">Loading…</p>;
  const repairs = source.events.value.flatMap((event) =>
    event.type === 'response.repaired' && event.turn === pair.current.turn && event.path === pair.current.path
      ? event.repairs
      : [],
  );
  return <ExchangeDetails current={pair.current} previous={pair.previous} repairs={repairs} />;
}

async function loadPair(runId: string, { id, previous }: WireSummary): Promise<Pair> {
  const [current, before] = await Promise.all([
    readExchange(runId, id),
    previous === null ? undefined : readExchange(runId, previous),
  ]);
  return { current, previous: before };
}
