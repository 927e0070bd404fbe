import type { EventType, RunEvent } from '../event/event.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import type { EventSubject } from '../host/event-subjects.ts';

/** An event before it is converted for listeners: most journal events have no listener. */
export interface Emission {
  readonly seq: number;
  readonly at: number;
  readonly path: string;
  readonly replayed: boolean;
  /** Of a journal event that its host has stored. */
  readonly position?: number;
  /** Of a journal event that is recorded. */
  readonly step?: string;
  readonly event: JournalEvent | LiveEvent;
  readonly subject: EventSubject;
  runEvent?: RunEvent;
}

/** Live events of work that no journal event covers yet, for later readers. */
export class UnfinishedEvents {
  /** In the order of emission. Deltas of one text are one entry, at the position of the last delta. */
  #entries: Entry[] = [];

  /** Whether events of the type are kept. `output.partial` is not: the next one contains everything. */
  static isKept(type: EventType): boolean {
    return KEPT.has(type);
  }

  add(emission: Emission): void {
    const { event, path } = emission;
    if (!KEPT.has(event.type)) {
      if (event.type === 'attempt.discarded') this.#drop((entry) => entry.path === path && isPiece(entry.event));
      return;
    }
    if (this.extend(path, event, emission.seq)) return;
    if (event.type === 'tool.progress')
      this.#drop((entry) => isOfCall(entry, path, event) && entry.event.type === 'tool.progress');
    this.#entries.push(new Entry(emission));
  }

  /** Adds a delta to a text that has begun. Returns `false` if there is no such text. */
  extend(path: string, event: JournalEvent | LiveEvent, seq: number): boolean {
    if (!isPiece(event)) return false;
    // Nearly always the last entry; with parallel agents an earlier one.
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at];
      if (entry?.path === path && entry.extend(event, seq)) return true;
    }
    return false;
  }

  /** Drops the live events that a journal event covers. */
  settle(path: string, event: JournalEvent): void {
    if (this.#entries.length === 0) return;
    if (ENDS_REQUEST.has(event.type)) this.#drop((entry) => entry.path === path && !('call' in entry.event));
    else if (ENDS_CALL.has(event.type)) this.#drop((entry) => isOfCall(entry, path, event));
    else if (event.type === 'run.finished') this.#drop((entry) => isWithin(entry.path, path));
  }

  /** Merges both lists in the order of their numbers. */
  mergeWith(journal: readonly Emission[]): readonly Emission[] {
    if (this.#entries.length === 0) return journal;
    return [...journal, ...this.#entries.map((entry) => entry.emission)].sort((one, other) => one.seq - other.seq);
  }

  #drop(isDropped: (entry: Entry) => boolean): void {
    this.#entries = this.#entries.filter((entry) => !isDropped(entry));
  }
}

const KEPT: ReadonlySet<EventType> = new Set([
  'attempt.started',
  'attempt.failed',
  'text.delta',
  'reasoning.delta',
  'refusal.delta',
  'tool_call.delta',
  'tool.started',
  'tool.progress',
] as const);

const ENDS_REQUEST: ReadonlySet<EventType> = new Set([
  'model.responded',
  'model.failed',
  'limit.exceeded',
  'run.aborted',
  'run.refused',
] as const);

const ENDS_CALL: ReadonlySet<EventType> = new Set([
  'tool.finished',
  'tool.failed',
  'tool.skipped',
  'tool.suspended',
] as const);

type Piece = Extract<LiveEvent, { readonly delta: string }>;

function isPiece(event: JournalEvent | LiveEvent): event is Piece {
  return 'delta' in event;
}

function isOfCall({ path: own, event }: Entry, path: string, of: JournalEvent | LiveEvent): boolean {
  if (own !== path || !('call' in event) || !('index' in of)) return false;
  return event.turn === of.turn && event.index === of.index;
}

function isWithin(inner: string, path: string): boolean {
  return path === '' || inner === path || inner.startsWith(`${path}/`);
}

/** One event, or the joined deltas of one text. */
class Entry {
  /** The first event. */
  readonly #emission: Emission;
  /** The number of the last event. */
  #seq: number;
  /** Joined on demand: a long text arrives in thousands of deltas. */
  #pieces: string[] | undefined;

  constructor(emission: Emission) {
    this.#emission = emission;
    this.#seq = emission.seq;
    if (isPiece(emission.event)) this.#pieces = [emission.event.delta];
  }

  get path(): string {
    return this.#emission.path;
  }

  get event(): JournalEvent | LiveEvent {
    return this.#emission.event;
  }

  get emission(): Emission {
    const { event, at, path, replayed, subject } = this.#emission;
    if (this.#pieces === undefined || !isPiece(event)) return this.#emission;
    this.#pieces = [this.#pieces.join('')];
    return { seq: this.#seq, at, path, replayed, subject, event: { ...event, delta: this.#pieces.join('') } };
  }

  /** Adds a delta of the same text. Returns `false` if it belongs to another text. */
  extend(next: Piece, seq: number): boolean {
    const { event } = this.#emission;
    if (this.#pieces === undefined || !isPiece(event)) return false;
    if (event.type !== next.type || event.attempt !== next.attempt || event.turn !== next.turn) return false;
    if ('index' in event && 'index' in next && event.index !== next.index) return false;
    this.#pieces.push(next.delta);
    this.#seq = seq;
    return true;
  }
}
