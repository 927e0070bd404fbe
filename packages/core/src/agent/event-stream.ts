import { Channel } from '../base/channel.ts';
import type { Clock } from '../base/clock.ts';
import type { EventType, RunEvent } from '../event/event.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import { type Listener, type Listeners, Observers } from '../event/observers.ts';
import { describeSubject, EventSubjects } from '../host/event-subjects.ts';
import type { FollowedEvent, FollowedRun, Follower } from '../host/live-runs.ts';
import type { StepRecord } from '../host/step-runner.ts';
import { type Emission, UnfinishedEvents } from './unfinished-events.ts';

export interface EventStreamOptions {
  readonly runId: string;
  readonly agent: string;
  readonly clock: Clock;
}

/** How many events may wait for a reader before the model's socket is paused. */
const HIGH_WATER_MARK = 256;

/** Events that exist only for streamed responses: a listener for one makes the run request a stream. */
const DELTAS: readonly EventType[] = [
  'text.delta',
  'reasoning.delta',
  'refusal.delta',
  'tool_call.delta',
  'output.partial',
];

/** The events of a run: numbers them, keeps those that a later reader needs, and passes them to listeners, readers and followers. */
export class EventStream implements Pick<FollowedRun, 'follow'> {
  #options: EventStreamOptions;
  readonly #subjects: EventSubjects;
  /** The listeners of the run. */
  readonly #observers: Observers;
  /** The listeners of the host, then those of the agent. */
  #inherited: Observers | undefined;
  /** For later readers. */
  readonly #journal: Emission[] = [];
  readonly #unfinished = new UnfinishedEvents();
  #channels: readonly Channel<Emission>[] = [];
  /** For each follower, whether it uses deltas. */
  #followers: readonly (() => boolean)[] = [];
  #seq = 0;
  #end: { readonly failure?: { readonly error: unknown } } | undefined;
  #hasBackpressure = true;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#subjects = new EventSubjects(options.agent);
    this.#observers = this.#createObservers();
  }

  add<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#observers.add(type, listener);
  }

  remove<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#observers.remove(type, listener);
  }

  /** Adds the listeners of the host and the agent, which are called before those of the run. */
  inherit(all: readonly (Listeners | undefined)[]): void {
    for (const listeners of all) {
      if (listeners === undefined) continue;
      this.#inherited ??= this.#createObservers();
      this.#inherited.addAll(listeners);
    }
  }

  /** Sets the run id, if it was unknown before. */
  identify(runId: string): void {
    this.#options = { ...this.#options, runId };
  }

  /** Whether a reader, a listener or a follower uses the deltas of a response. */
  get hasDeltaListener(): boolean {
    if (
      this.#channels.length > this.#followers.length ||
      this.#followers.some((hasDeltaListener) => hasDeltaListener())
    )
      return true;
    return DELTAS.some((type) => this.#observers.hasListener(type) || this.#inherited?.hasListener(type) === true);
  }

  get hasReader(): boolean {
    return this.#channels.length > 0;
  }

  shouldEmit(type: EventType): boolean {
    return UnfinishedEvents.isKept(type) || this.#isWatched(type);
  }

  /** Whether a reader or a listener gets events of this type now. */
  #isWatched(type: EventType): boolean {
    if (this.#channels.length > 0) return true;
    return this.#observers.isObserved(type) || this.#inherited?.isObserved(type) === true;
  }

  emitJournalEvent(event: JournalEvent, how: StepRecord & { readonly path: string }): void {
    const { path } = how;
    const emission = this.#createEmission(event, { ...how, at: event.at });
    this.#journal.push(emission);
    this.#unfinished.settle(path, event);
    void this.#emit(emission); // A journal event never waits for readers.
  }

  /** Returns a promise if a reader is behind; it resolves when the reader has caught up. */
  emitLiveEvent(event: LiveEvent, path: string): Promise<void> | undefined {
    if (!this.#isWatched(event.type)) {
      if (!UnfinishedEvents.isKept(event.type)) return undefined;
      // Only a later reader needs the delta, and gets the deltas of a text joined. So no event is created for it.
      if (this.#unfinished.extend(path, event, this.#seq + 1)) {
        this.#seq++;
        return undefined;
      }
    }
    const emission = this.#createEmission(event, { path, replayed: false, at: this.#options.clock.now() });
    this.#unfinished.add(emission);
    return this.#emit(emission);
  }

  /** Reads all events: the journal so far, the unfinished events, then new ones. Rejects if the host of the run failed. */
  read(): AsyncIterator<RunEvent, undefined> {
    const channel = this.#open();
    const toResult = ({ done, value }: IteratorResult<Emission, undefined>): IteratorResult<RunEvent, undefined> =>
      done === true ? { done, value } : { done: false, value: this.#toRunEvent(value) };
    return { next: async () => toResult(await channel.next()), return: async () => toResult(await channel.return()) };
  }

  /** Passes all events to another run of this process. A slow follower does not pause the model. */
  follow({ isHeard: hasDeltaListener, onEvent, onEnd }: Follower): () => void {
    const channel = this.#open();
    channel.disableBackpressure();
    this.#followers = [...this.#followers, hasDeltaListener];
    const known = this.#seq;
    const stop = (): void => {
      this.#followers = this.#followers.filter((each) => each !== hasDeltaListener);
      void channel.return(); // Resolves immediately.
    };
    const relay = async (): Promise<void> => {
      for (let next = await channel.next(); next.done !== true; next = await channel.next()) {
        const { seq, path, replayed, event, position, step } = next.value;
        const isKnown = replayed || ('activeMs' in event && seq <= known);
        const place = { ...(position !== undefined && { position }), ...(step !== undefined && { step }) };
        const followed: FollowedEvent = { path, event, replayed: isKnown, ...place };
        await onEvent(followed);
      }
    };
    relay()
      .catch(() => undefined)
      .finally(() => {
        stop();
        onEnd();
      });
    return stop;
  }

  close(): void {
    this.#end ??= {};
    for (const channel of this.#channels) channel.close();
  }

  /** Ends the stream with an error for each reader. Returns whether there is a reader. */
  fail(error: unknown): boolean {
    this.#end ??= { failure: { error } };
    const isRead = this.#channels.length > this.#followers.length;
    for (const channel of this.#channels) channel.fail(error);
    return isRead;
  }

  /** Stops readers from pausing the model. A reader that awaits the outcome would otherwise block itself. */
  disableBackpressure(): void {
    this.#hasBackpressure = false;
    for (const channel of this.#channels) channel.disableBackpressure();
  }

  #createObservers(): Observers {
    return new Observers((event) => void this.emitLiveEvent(event, '')); // The failure of a listener needs no backpressure.
  }

  #open(): Channel<Emission> {
    const channel: Channel<Emission> = new Channel(HIGH_WATER_MARK, () => {
      this.#channels = this.#channels.filter((each) => each !== channel);
    });
    if (!this.#hasBackpressure) channel.disableBackpressure();
    // Past events need no backpressure.
    for (const emission of this.#unfinished.mergeWith(this.#journal)) void channel.push(emission);
    if (this.#end?.failure !== undefined) channel.fail(this.#end.failure.error);
    else if (this.#end !== undefined) channel.close();
    else this.#channels = [...this.#channels, channel];
    return channel;
  }

  #createEmission(
    event: JournalEvent | LiveEvent,
    how: Pick<Emission, 'path' | 'replayed' | 'at' | 'position' | 'step'>,
  ): Emission {
    return { seq: ++this.#seq, ...how, event, subject: this.#subjects.trackSubject(how.path, event) };
  }

  #emit(emission: Emission): Promise<void> | undefined {
    let waits: Promise<void> | undefined;
    for (const channel of this.#channels) {
      const wait = channel.push(emission);
      if (wait !== undefined) waits = waits === undefined ? wait : Promise.all([waits, wait]).then(() => undefined);
    }
    // After the readers: a listener may start to read, and then gets this event from the journal.
    const { type } = emission.event;
    if (this.#inherited?.isObserved(type) === true) this.#inherited.emit(this.#toRunEvent(emission));
    if (this.#observers.isObserved(type)) this.#observers.emit(this.#toRunEvent(emission));
    return waits;
  }

  #toRunEvent(emission: Emission): RunEvent {
    if (emission.runEvent !== undefined) return emission.runEvent;
    const { event, seq, at, path, replayed, position, step, subject } = emission;
    const { runId } = this.#options;
    const place = { ...(position !== undefined && { position }), ...(step !== undefined && { step }) };
    const stamp = { runId, path, seq, at, ...place, ...(replayed && { replayed }) };
    // An event has the fields of a call exactly if it is about a call, which the compiler cannot infer through the union.
    emission.runEvent = { ...event, ...describeSubject(event, subject), ...stamp } as RunEvent;
    return emission.runEvent;
  }
}
