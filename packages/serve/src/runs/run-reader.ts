import type { Host, RunEvent } from '@pawl/core';
import type { AttemptDiscardedEvent } from '@pawl/core/events';
import { createEventReader, hasEnded, type RunProgress } from '@pawl/core/host';
import { createFinishedEvent } from './create-finished-event.ts';
import { type Cursor, formatCursor, indexDelta, isOwnDelta, type OpenTurn, START } from './cursor.ts';

/** An attempt at a run in this process, as a reader needs it. */
export interface RunAttempt {
  /** Differs for each attempt. */
  readonly worker: string;
  /** Resolves when the run has begun to work, or has ended. Never rejects. */
  readonly begun: Promise<void>;
  readonly hasBegun: () => boolean;
  /** Resolves when the attempt has ended, with the error if the host failed. Never rejects. */
  readonly ended: Promise<unknown>;
}

export interface ReaderOptions {
  readonly host: Host;
  /** Finds the attempt of this process that works on the run. */
  readonly findAttempt: (runId: string) => RunAttempt | undefined;
  readonly after?: Cursor;
  /** Each of them ends the events. */
  readonly signals: readonly AbortSignal[];
}

/** An event that was read. */
export interface ReadEvent {
  readonly event: RunEvent;
  /** Whether it was recorded before the reader began: such an event can wait for a slow client. */
  readonly isReplay: boolean;
}

/**
 * Reads the events of a run from a cursor on, until the run has ended or is suspended. The last event is then `run.finished`.
 *
 * Contract:
 * - From the same attempt in this process the events continue exactly where the cursor is. Otherwise a turn that the reader has in part begins
 *   again, after `attempt.discarded`.
 * - A reader never delays the run.
 *
 * @throws HostError if the host fails.
 */
export class RunReader implements AsyncIterable<ReadEvent> {
  readonly #runId: string;
  readonly #options: ReaderOptions;
  readonly #after: Cursor;
  readonly #stop = new AbortController();
  #position = 0;
  /** The deltas of the turn in progress that were read. */
  #open: { readonly turn: number; readonly attempt: number; readonly worker: string; lengths: number[] } | undefined;
  /** What the client has of the turn in progress, until it is known whether that continues. */
  #known: OpenTurn | undefined;

  constructor(runId: string, options: ReaderOptions) {
    this.#runId = runId;
    this.#options = options;
    this.#after = options.after ?? START;
    this.#known = this.#after.open;
  }

  /** The place behind the last event that was read. */
  get cursor(): string {
    const position = Math.max(this.#position, this.#after.position);
    return formatCursor({ position, ...(this.#open !== undefined && { open: this.#open }) });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReadEvent, void> {
    // Not AbortSignal.any: the signal of a server would collect an entry for each reader.
    const { signals } = this.#options;
    const stop = (): void => this.#stop.abort();
    for (const signal of signals) {
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    }
    try {
      yield* this.#read();
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', stop);
    }
  }

  async *#read(): AsyncGenerator<ReadEvent, void> {
    const { host } = this.#options;
    let progress = await host.getRun(this.#runId);
    const complete = createEventReader(progress.record);
    for (const record of progress.events) yield* this.#pass(complete(record), true);
    for (let isOver = false; !isOver; ) {
      const attempt = this.#options.findAttempt(this.#runId);
      if (attempt === undefined && isAtRest(progress)) break;
      yield* this.#follow(complete, attempt);
      if (this.#stop.signal.aborted) return;
      const next = this.#options.findAttempt(this.#runId);
      if (next?.hasBegun() === false) await next.begun;
      else {
        throwFailure(await next?.ended);
        isOver = true;
      }
      progress = await host.getRun(this.#runId, { after: this.#position });
      for (const record of progress.events) yield* this.#pass(complete(record), false);
      if (!isAtRest(progress)) isOver = false;
    }
    yield* this.#finish(progress);
  }

  async *#follow(
    complete: ReturnType<typeof createEventReader>,
    attempt: RunAttempt | undefined,
  ): AsyncGenerator<ReadEvent, void> {
    const { host } = this.#options;
    let failure: unknown;
    void attempt?.ended.then((error) => {
      failure = error;
      if (error !== undefined) this.#stop.abort(); // The host failed: the run may stay as it is for ever.
    });
    const options = { live: true, untilSuspended: true, after: this.#position, signal: this.#stop.signal };
    for await (const record of host.followRun(this.#runId, options)) yield* this.#pass(complete(record), false);
    throwFailure(failure);
  }

  *#pass(event: RunEvent, isReplay: boolean): Generator<ReadEvent, void> {
    const { position } = event;
    if (position !== undefined) {
      this.#position = position;
      if (position <= this.#after.position) return;
      yield* this.#settle(event);
      if (event.path === '') this.#open = undefined;
      yield { event, isReplay };
      return;
    }
    const rest = event.path === '' ? this.#continue(event) : event;
    if (rest === 'begins again') yield* this.#settle(event);
    const passed = rest === 'begins again' ? event : rest;
    if (passed === undefined) return;
    this.#count(event, passed);
    yield { event: passed, isReplay: false };
  }

  /** Withdraws what the client has of a turn that does not continue. */
  *#settle({ path, agent, seq, at }: RunEvent): Generator<ReadEvent, void> {
    const known = this.#known;
    if (known === undefined || path !== '') return;
    this.#known = undefined;
    const isContinued = this.#open !== undefined;
    this.#open = undefined;
    if (isContinued) return;
    const { turn, attempt } = known;
    const event: AttemptDiscardedEvent = { type: 'attempt.discarded', turn, attempt };
    yield { event: { ...event, runId: this.#runId, path: '', agent, seq, at }, isReplay: false };
  }

  /** Leaves out what the client has; `'begins again'` if the event is not of the attempt that the client knows. */
  #continue(event: RunEvent): RunEvent | 'begins again' | undefined {
    const known = this.#known;
    if (known === undefined) return event;
    const worker = this.#options.findAttempt(this.#runId)?.worker;
    if (!('attempt' in event)) return event;
    if (worker !== known.worker || event.turn !== known.turn || event.attempt !== known.attempt) return 'begins again';
    this.#open ??= { ...known, lengths: known.lengths.map(() => 0) };
    if (event.type === 'attempt.started') return undefined;
    if (!isOwnDelta(event)) return event;
    const index = indexDelta(event);
    const read = this.#open.lengths[index] ?? 0;
    const rest = event.delta.slice(Math.max(0, (known.lengths[index] ?? 0) - read));
    if (rest !== '' || event.delta === '') return { ...event, delta: rest };
    this.#count(event, event);
    return undefined;
  }

  #count(whole: RunEvent, { type }: RunEvent): void {
    if (whole.path !== '' || !('attempt' in whole)) return;
    if (type === 'attempt.discarded') {
      this.#open = undefined;
      this.#known = undefined;
    } else if (isOwnDelta(whole)) {
      const worker = this.#options.findAttempt(this.#runId)?.worker ?? '0';
      const { turn, attempt } = whole;
      const isSame = this.#open?.turn === turn && this.#open.attempt === attempt;
      const open = isSame && this.#open !== undefined ? this.#open : { worker, turn, attempt, lengths: [] };
      const index = indexDelta(whole);
      while (open.lengths.length <= index) open.lengths.push(0);
      open.lengths[index] = (open.lengths[index] ?? 0) + whole.delta.length;
      this.#open = open;
    }
  }

  *#finish({ record, outcome }: RunProgress): Generator<ReadEvent, void> {
    if (outcome !== undefined) yield { event: createFinishedEvent(record, outcome), isReplay: true };
  }
}

/** Whether no event follows until somebody resumes the run. */
function isAtRest({ status }: RunProgress): boolean {
  return hasEnded(status) || status === 'suspended';
}

function throwFailure(error: unknown): void {
  if (error !== undefined) throw error;
}
