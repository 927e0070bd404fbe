import type { ToolCall } from '../chat/message.ts';
import type { EventType, RunEvent } from '../event/event.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';

/** Who acts in an event, and the call that it is about. Looked up when the event happens, since both may change later. */
export interface EventSubject {
  readonly agent: string;
  readonly call: ToolCall | undefined;
}

/** An event before it is made into what listeners get: most runs have journal events that nobody looks at. */
export interface Emission {
  readonly seq: number;
  readonly at: number;
  readonly path: string;
  readonly replayed: boolean;
  readonly event: JournalEvent | LiveEvent;
  readonly subject: EventSubject;
  made?: RunEvent;
}

/** What happens right now and stands in no journal event yet, so that a reader that comes later sees it. */
export class UnfinishedEvents {
  /** In the order in which they were emitted; pieces of one text are one entry, that of the last piece. */
  #entries: Entry[] = [];

  /** `output.partial` is left out: the next one says everything again. */
  static keeps(type: EventType): boolean {
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

  /** Adds the next piece of a text that has begun. `false` if it is none. */
  extend(path: string, event: JournalEvent | LiveEvent, seq: number): boolean {
    if (!isPiece(event)) return false;
    // Nearly always the last one; agents side by side take turns.
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at];
      if (entry?.path === path && entry.extend(event, seq)) return true;
    }
    return false;
  }

  /** A journal event holds all that was emitted for it before. */
  settle(path: string, event: JournalEvent): void {
    if (this.#entries.length === 0) return;
    if (ENDS_REQUEST.has(event.type)) this.#drop((entry) => entry.path === path && !('call' in entry.event));
    else if (ENDS_CALL.has(event.type)) this.#drop((entry) => isOfCall(entry, path, event));
    else if (event.type === 'run.finished') this.#drop((entry) => isWithin(entry.path, path));
  }

  /** Both lists in the order of their numbers. */
  mergedWith(journal: readonly Emission[]): readonly Emission[] {
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

/** One event, or pieces of one text joined. */
class Entry {
  /** The first one. */
  readonly #emission: Emission;
  /** Of the last one. */
  #seq: number;
  /** Joined when somebody asks: a long text arrives in thousands of pieces. */
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

  /** Adds the next piece of the same text. `false` if it is none. */
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
