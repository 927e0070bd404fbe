import type { RunEvent, Usage } from '@pawl/core';
import { type AxisGap, buildAxis, type TimeAxis, toAxis } from './time-axis.ts';

export type RowKind = 'attempt' | 'call' | 'wait' | 'pause' | 'middleware' | 'handoff' | 'step' | 'run' | 'gap';

export type RowState = 'running' | 'done' | 'failed' | 'waiting' | 'skipped' | 'unknown';

/** A line of the waterfall. */
export interface WaterfallRow {
  /** The same while the run goes on. */
  readonly id: string;
  readonly kind: RowKind;
  readonly state: RowState;
  readonly label: string;
  /** What else is known of it, in a few words. */
  readonly note: string;
  readonly path: string;
  /** How many runs are around it. */
  readonly depth: number;
  readonly turn: number | undefined;
  /** The name of the step, for a fork before it. */
  readonly step: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Absent while it goes on. */
  readonly endedAt: number | undefined;
  /** The same on the axis. */
  readonly from: number;
  readonly to: number;
  /** Recorded before this run or this attempt began. */
  readonly isReplayed: boolean;
}

export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  readonly axis: TimeAxis;
}

export interface WaterfallOptions {
  /** When the run was created: a fork has steps from before. */
  readonly createdAt: number;
  /** Bars of what goes on end here. */
  readonly now: number;
  /** Whether the run has ended or is suspended: nothing goes on. */
  readonly isAtRest: boolean;
}

type Draft = { -readonly [Field in keyof Omit<WaterfallRow, 'from' | 'to' | 'depth'>]: WaterfallRow[Field] };

/** Folds the events of a run into the rows of its waterfall, in the order in which they began. */
export function foldRows(events: readonly RunEvent[], options: WaterfallOptions): Waterfall {
  const folder = new RowFolder(options);
  for (const event of events) folder.add(event);
  const drafts = folder.finish();
  const axis = buildAxis(events, options.isAtRest ? folder.lastAt : options.now);
  const end = options.isAtRest ? folder.lastAt : options.now;
  const rows = drafts.map((draft) => place(draft, axis, end));
  const gaps = axis.gaps.map((gap, index) => createGapRow(gap, { index, axis }));
  return { axis, rows: [...rows, ...gaps].toSorted(compareRows) };
}

function place(draft: Draft, axis: TimeAxis, end: number): WaterfallRow {
  const from = toAxis(axis, draft.at);
  const to = Math.max(from, toAxis(axis, draft.endedAt ?? end));
  return { ...draft, from, to, depth: draft.path === '' ? 0 : draft.path.split('/').length };
}

function createGapRow(
  { from, to, reason }: AxisGap,
  { index, axis }: { readonly index: number; readonly axis: TimeAxis },
): WaterfallRow {
  const place = toAxis(axis, to);
  const label =
    reason === 'suspended' ? 'Suspended; then a process resumed the run' : 'The process stopped; another continued';
  return {
    ...{ id: `gap:${index}`, kind: 'gap', state: 'done', label, note: '', path: '', depth: 0 },
    ...{ turn: undefined, step: undefined, at: from, endedAt: to, from: place, to: place, isReplayed: false },
  };
}

/** By begin. A row that is around others comes first. */
function compareRows(a: WaterfallRow, b: WaterfallRow): number {
  if (a.at !== b.at) return a.at - b.at;
  const isAround = b.path.startsWith(a.path) && b.path !== a.path;
  return isAround ? -1 : a.path.startsWith(b.path) && a.path !== b.path ? 1 : 0;
}

class RowFolder {
  readonly #options: WaterfallOptions;
  readonly #rows = new Map<string, Draft>();
  /** The attempts of a turn that live events have shown: the journal has no times of failed ones. */
  readonly #liveAttempts = new Set<string>();
  /** The id of the last wait of each call: a call may wait several times. */
  readonly #waits = new Map<string, string>();
  /** When the last event of each run came, by its path. */
  readonly #lastAt = new Map<string, number>();
  lastAt = 0;

  constructor(options: WaterfallOptions) {
    this.#options = options;
  }

  /** What goes on in a run that is at rest has been interrupted. */
  finish(): readonly Draft[] {
    for (const row of this.#rows.values()) {
      if (row.kind === 'run') this.#endInnerRun(row);
      if (row.endedAt !== undefined || !this.#options.isAtRest || row.state === 'waiting') continue;
      row.state = row.state === 'running' ? 'unknown' : row.state;
      row.endedAt = Math.max(row.at, this.lastAt);
    }
    return [...this.#rows.values()];
  }

  /** The end of a run inside is not recorded: it is that of the call that it belongs to, or its last event. */
  #endInnerRun(row: Draft): void {
    if (row.endedAt !== undefined) return;
    const call = this.#rows.get(nameCallOfPath(row.path));
    const isOver = call === undefined ? this.lastAt > (this.#lastAt.get(row.path) ?? 0) : call.endedAt !== undefined;
    if (!isOver) return;
    row.state = call?.state ?? 'done';
    row.endedAt = call?.endedAt ?? this.#lastAt.get(row.path);
  }

  add(event: RunEvent): void {
    // The outcome of a nested run has a time of its own.
    if (event.type !== 'run.finished') {
      this.lastAt = Math.max(this.lastAt, event.at);
      this.#lastAt.set(event.path, this.lastAt);
    }
    switch (event.type) {
      case 'run.started':
        if (event.path !== '') this.#open(event, { id: `run:${event.path}`, kind: 'run', label: event.agent });
        return;
      case 'run.finished':
        this.#close(`run:${event.path}`, event, {
          state: event.outcome.status === 'completed' ? 'done' : 'failed',
        });
        return;
      case 'attempt.started':
        this.#liveAttempts.add(nameAttempt(event));
        this.#close(`pause:${event.path}:${event.turn}:${event.attempt - 1}`, event, { state: 'done' });
        this.#open(event, {
          id: nameAttempt(event),
          kind: 'attempt',
          label: event.model,
          note: countAttempt(event.attempt),
        });
        return;
      case 'attempt.failed':
        this.#failAttempt(event);
        return;
      case 'attempt.discarded':
        this.#close(nameAttempt(event), event, { state: 'failed', note: 'discarded' });
        return;
      case 'model.responded':
      case 'model.failed':
      case 'request.lost':
        this.#addResponse(event);
        return;
      case 'tool.started':
        this.#open(event, { id: nameCall(event), kind: 'call', label: event.toolName });
        return;
      case 'tool.finished':
      case 'tool.failed':
      case 'tool.skipped':
        this.#addResult(event);
        return;
      case 'approval.requested':
        this.#openWait(event);
        return;
      case 'approval.answered':
        this.#closeWait(event, {
          state: 'done',
          note: `${ANSWERS[event.answer.type]}${event.by === undefined ? '' : ` by ${event.by}`}`,
        });
        return;
      case 'approval.expired':
        this.#closeWait(event, { state: 'skipped', note: 'expired' });
        return;
      default:
        this.#addMark(event);
    }
  }

  #addMark(event: RunEvent): void {
    if ('middlewareUsage' in event) this.#addMiddleware(event, event.middlewareUsage);
    const mark = { id: `${event.type}:${event.path}:${event.position ?? event.seq}`, endedAt: event.at };
    if (event.type === 'handoff.completed') {
      this.#open(event, { ...mark, kind: 'handoff', label: `${event.from} → ${event.to}`, state: 'done' });
    } else if (event.type === 'step.finished' || event.type === 'step.failed') {
      const state = event.type === 'step.finished' ? 'done' : 'failed';
      const label = event.target === undefined ? event.label : `${event.label}: ${event.target}`;
      this.#open(event, { ...mark, kind: 'step', label, state, at: event.at - event.durationMs });
    } else if (event.type === 'limit.exceeded') {
      const note = `${event.spent} of ${event.max}`;
      this.#open(event, { ...mark, kind: 'attempt', label: `limit of ${event.limit}`, note, state: 'skipped' });
    }
  }

  #failAttempt(event: Extract<RunEvent, { type: 'attempt.failed' }>): void {
    this.#close(nameAttempt(event), event, { state: 'failed', note: event.error.code ?? event.error.name });
    if (event.retryInMs === undefined) return;
    const id = `pause:${event.path}:${event.turn}:${event.attempt}`;
    this.#open(event, {
      id,
      kind: 'pause',
      label: 'Pause before the next attempt',
      endedAt: event.at + event.retryInMs,
      state: 'done',
    });
  }

  #addResponse(event: Extract<RunEvent, { type: 'model.responded' | 'model.failed' | 'request.lost' }>): void {
    const failed = 'failedAttempts' in event ? event.failedAttempts : [];
    for (const { attempt, model, error } of failed) {
      // Live events have its times.
      if (this.#liveAttempts.has(nameAttempt({ ...event, attempt }))) continue;
      const durationMs = 'durationMs' in event ? event.durationMs : 0;
      const note = [countAttempt(attempt), error.code ?? error.name].filter(Boolean).join(', ');
      const at = event.at - durationMs;
      this.#open(event, {
        id: nameAttempt({ ...event, attempt }),
        kind: 'attempt',
        label: model,
        note,
        state: 'failed',
        at,
        endedAt: at,
      });
    }
    if ('middlewareUsage' in event) this.#addMiddleware(event, event.middlewareUsage);
    if (event.type === 'model.failed') return;
    const attempt = Math.max(0, ...failed.map((each) => each.attempt)) + 1;
    const isLost = event.type === 'request.lost';
    const note = isLost ? 'lost' : [countAttempt(attempt), describeResponse(event)].filter(Boolean).join(', ');
    const at = this.#rows.get(nameAttempt({ ...event, attempt }))?.at ?? event.at - (isLost ? 0 : event.durationMs);
    const id = isLost
      ? `lost:${event.path}:${event.turn}:${event.position ?? event.seq}`
      : nameAttempt({ ...event, attempt });
    this.#open(event, {
      id,
      kind: 'attempt',
      label: event.model,
      note,
      at,
      endedAt: event.at,
      state: isLost ? 'unknown' : 'done',
    });
  }

  #addMiddleware(event: RunEvent, usage: Usage | undefined): void {
    if (usage === undefined || usage.requests === 0) return;
    const note = `${usage.requests} ${usage.requests === 1 ? 'request' : 'requests'}, ${usage.totalTokens} tokens`;
    const id = `middleware:${event.path}:${event.position ?? event.seq}`;
    this.#open(event, {
      id,
      kind: 'middleware',
      label: 'Requests of middleware',
      note,
      endedAt: event.at,
      state: 'done',
    });
  }

  #addResult(event: Extract<RunEvent, { type: 'tool.finished' | 'tool.failed' | 'tool.skipped' }>): void {
    this.#addMiddleware(event, event.middlewareUsage);
    const durationMs = 'durationMs' in event ? event.durationMs : 0;
    const [state, note] = describeResult(event);
    this.#closeWait(event, { state: 'done' });
    const at = event.at - durationMs;
    this.#open(event, { id: nameCall(event), kind: 'call', label: event.toolName, note, state, at, endedAt: event.at });
  }

  #openWait(event: Extract<RunEvent, { type: 'approval.requested' }>): void {
    const id = `wait:${nameCall(event)}:${event.position ?? event.seq}`;
    this.#waits.set(nameCall(event), id);
    this.#open(event, { id, kind: 'wait', label: event.toolName, note: WAITS[event.pending.reason], state: 'waiting' });
  }

  #closeWait(event: RunEvent & CallPosition, end: RowEnd): void {
    const id = this.#waits.get(nameCall(event));
    if (id !== undefined && this.#rows.get(id)?.endedAt === undefined) this.#close(id, event, end);
  }

  #open(
    event: RunEvent,
    row: Pick<Draft, 'id' | 'kind' | 'label'> & Partial<Pick<Draft, 'note' | 'state' | 'at' | 'endedAt'>>,
  ): void {
    const { path, at, step } = event;
    // A call by the code of a flow has no turn.
    const turn = 'turn' in event && event.turn > 0 ? event.turn : undefined;
    const isReplayed = event.replayed === true || at < this.#options.createdAt;
    const known = { note: '', state: 'running', at, endedAt: undefined, path, turn, step, isReplayed } as const;
    this.#rows.set(row.id, { ...known, ...row });
  }

  #close(id: string, { at, step }: RunEvent, { state, note = '' }: RowEnd): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    row.endedAt = row.kind === 'pause' ? Math.max(row.at, at) : at;
    row.state = state;
    row.step ??= step;
    row.note = [row.note, note].filter(Boolean).join(', ');
  }
}

const ANSWERS = {
  approve: 'approved',
  approve_always: 'approved, with later calls',
  deny: 'denied',
  edit: 'approved with other arguments',
  result: 'given a result',
  resume: 'resumed',
} as const;

interface RowEnd {
  readonly state: RowState;
  readonly note?: string;
}

const WAITS = {
  approval: 'needs an approval',
  external_result: 'needs a result',
  unknown_outcome: 'its outcome is unknown',
  suspended: 'suspended by the tool',
} as const;

interface AttemptPosition {
  readonly path: string;
  readonly turn: number;
  readonly attempt: number;
}

function nameAttempt({ path, turn, attempt }: AttemptPosition): string {
  return `attempt:${path}:${turn}:${attempt}`;
}

interface CallPosition {
  readonly path: string;
  readonly turn: number;
  readonly index: number;
}

function nameCall({ path, turn, index }: CallPosition): string {
  return `call:${path}:${turn}.${index}`;
}

/** The call that a path ends with: `tool:3.0/tool:1.2` is call 2 of turn 1, in the run at `tool:3.0`. */
function nameCallOfPath(path: string): string {
  const [, outer = '', turn, index] = /^(?:(.*)\/)?tool:(\d+)\.(\d+)$/.exec(path) ?? [];
  return nameCall({ path: outer, turn: Number(turn), index: Number(index) });
}

function countAttempt(attempt: number): string {
  return attempt === 1 ? '' : `attempt ${attempt}`;
}

function describeResponse({
  message,
  finishReason,
  rejection,
  clampedByLimit,
}: Extract<RunEvent, { type: 'model.responded' }>): string {
  const calls = message.tool_calls?.length ?? 0;
  const parts = [
    calls > 0 ? `${calls} ${calls === 1 ? 'call' : 'calls'}` : (finishReason ?? ''),
    rejection === undefined ? '' : `rejected by ${rejection.guard}`,
    clampedByLimit === undefined || finishReason !== 'length' ? '' : `cut by limits.${clampedByLimit}`,
  ];
  return parts.filter(Boolean).join(', ');
}

function describeResult(
  event: Extract<RunEvent, { type: 'tool.finished' | 'tool.failed' | 'tool.skipped' }>,
): readonly [RowState, string] {
  switch (event.type) {
    case 'tool.finished':
      return ['done', event.handoffTo === undefined ? '' : `hands over to ${event.handoffTo}`];
    case 'tool.failed':
      return [event.reason === 'unknown_outcome' ? 'unknown' : 'failed', event.reason];
    case 'tool.skipped':
      return ['skipped', event.limit === undefined ? event.reason : `limits.${event.limit}`];
  }
}
