import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Waterfall, WaterfallRow } from '../view/fold-rows.ts';
import { formatDuration } from '../view/format-value.ts';
import { formatRoute } from '../view/route.ts';
import { toAxis } from '../view/time-axis.ts';
import { Text } from './text.tsx';
import { VirtualList } from './virtual-list.tsx';

interface WaterfallProps {
  readonly runId: string;
  readonly waterfall: Waterfall;
}

const ROW_HEIGHT = 26;
const KINDS: Readonly<Record<WaterfallRow['kind'], string>> = {
  attempt: 'Request',
  call: 'Call',
  wait: 'Wait',
  pause: 'Pause',
  middleware: 'Middleware',
  handoff: 'Handoff',
  step: 'Step',
  run: 'Run inside',
  gap: 'Cut',
};

/** What happened in a run, one bar for each piece of work. Enter opens the turn of the selected one. */
export function WaterfallView({ runId, waterfall }: WaterfallProps): JSX.Element {
  const { rows, axis } = waterfall;
  const [selected, setSelected] = useState(-1);
  return (
    <section class="waterfall" aria-label="Waterfall">
      <Scale waterfall={waterfall} />
      <VirtualList
        label={`What happened in run ${runId}`}
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        selected={selected}
        onSelect={setSelected}
        keyOf={(index) => rows[index]?.id ?? String(index)}
      >
        {(index) => {
          const row = rows[index];
          return row === undefined ? null : (
            <Row row={row} runId={runId} length={axis.length} onFocus={() => setSelected(index)} />
          );
        }}
      </VirtualList>
    </section>
  );
}

/** The scale above the bars. A cut is where nothing was at work. */
function Scale({ waterfall: { axis } }: { readonly waterfall: Waterfall }): JSX.Element {
  const marks = [0, 0.25, 0.5, 0.75, 1];
  return (
    <div class="scale" aria-hidden="true">
      <span>At work: {formatDuration(axis.length)}</span>
      <div class="track">
        {marks.map((mark) => (
          <span key={mark} style={{ left: `${mark * 100}%` }} class={mark === 1 ? 'last' : undefined}>
            {formatDuration(mark * axis.length)}
          </span>
        ))}
        {axis.gaps.map(({ from, to }) => (
          <i key={from} class="cut" style={{ left: `${(toAxis(axis, to) / axis.length) * 100}%` }} />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: WaterfallRow;
  readonly runId: string;
  readonly length: number;
  readonly onFocus: () => void;
}

function Row({ row, runId, length, onFocus }: RowProps): JSX.Element {
  if (row.kind === 'gap') return <GapRow row={row} />;
  // The journal does not have the times of failed attempts, and a handoff takes none.
  const duration = row.endedAt === undefined ? '' : row.endedAt === row.at ? '' : formatDuration(row.endedAt - row.at);
  const content = (
    <>
      <span class="row-label" style={{ paddingInlineStart: `${8 + row.depth * 14}px` }}>
        <span class={`kind kind-${row.kind}`}>{KINDS[row.kind]}</span>{' '}
        <span class="row-name">
          <Text value={row.label} />
        </span>{' '}
        {row.note !== '' && (
          <span class="dim">
            <Text value={row.note} />
          </span>
        )}{' '}
        <span class={`row-state state-${row.state}`}>{STATES[row.state]}</span>
        {row.isReplayed && <span class="dim"> replayed</span>}
      </span>{' '}
      <span class="track">
        <span
          class={`bar bar-${row.kind} state-${row.state} ${row.isReplayed ? 'replayed' : ''}`}
          style={{ left: `${(row.from / length) * 100}%`, width: `${((row.to - row.from) / length) * 100}%` }}
        />
        <span class="bar-time" style={placeTime(row, length)}>
          {duration}
        </span>
      </span>
    </>
  );
  if (row.turn === undefined) return <div class="row">{content}</div>;
  const target = formatRoute({ screen: 'turn', runId, path: row.path, turn: row.turn });
  return (
    <a class="row" href={target} onFocus={onFocus}>
      {content}
    </a>
  );
}

const STATES: Readonly<Record<WaterfallRow['state'], string>> = {
  running: 'at work',
  done: '',
  failed: 'failed',
  waiting: 'waiting',
  skipped: 'not run',
  unknown: 'outcome unknown',
};

/** Beside the bar, on the side that has room. */
function placeTime({ from, to }: WaterfallRow, length: number): { readonly left?: string; readonly right?: string } {
  if (to / length < 0.85) return { left: `calc(${(to / length) * 100}% + 6px)` };
  return { right: `calc(${100 - (from / length) * 100}% + 6px)` };
}

function GapRow({ row: { label, at, endedAt = at } }: { readonly row: WaterfallRow }): JSX.Element {
  return (
    <div class="row gap">
      <span class="gap-text">
        {label}: {formatDuration(endedAt - at)} cut out
      </span>
    </div>
  );
}
