import { Channel } from '../base/channel.ts';
import type { Clock } from '../base/clock.ts';
import { type Json, parseJson } from '../base/json.ts';
import { callArguments, callName, type ToolCall } from '../chat/message.ts';
import type { EventType, RunEvent, ToolCallFields } from '../event/event.ts';
import type { JournalEvent, ToolFinishedEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import { type Listener, type Listeners, Observers } from '../event/observers.ts';
import type { FollowedEvent, FollowedRun, Follower } from '../host/live-runs.ts';
import { parseArguments } from '../tool/arguments.ts';
import { type Emission, type EventSubject, UnfinishedEvents } from './unfinished-events.ts';

export interface EventStreamOptions {
  readonly runId: string;
  readonly agent: string;
  readonly clock: Clock;
}

/** Events that may wait for a reader before the model's socket is paused. */
const HIGH_WATER_MARK = 256;

/** Live events that come in pieces, for which a response is requested as a stream. */
const PIECES: readonly EventType[] = [
  'text.delta',
  'reasoning.delta',
  'refusal.delta',
  'tool_call.delta',
  'output.partial',
];

/** Everything that a run emits: numbered, kept where a later reader needs it, and given to listeners, readers and followers. */
export class EventStream implements Pick<FollowedRun, 'follow'> {
  #options: EventStreamOptions;
  readonly #subjects: EventSubjects;
  /** Of the run itself. */
  readonly #observers: Observers;
  /** Of the host, then of the agent. */
  #inherited: Observers | undefined;
  /** For readers that come later. */
  readonly #journal: Emission[] = [];
  readonly #unfinished = new UnfinishedEvents();
  #channels: readonly Channel<Emission>[] = [];
  /** Whether a follower wants pieces. */
  #followers: readonly (() => boolean)[] = [];
  #seq = 0;
  #end: { readonly failure?: { readonly error: unknown } } | undefined;
  #hasBackpressure = true;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#subjects = new EventSubjects(options.agent);
    this.#observers = this.#newObservers();
  }

  add<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#observers.add(type, listener);
  }

  remove<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#observers.remove(type, listener);
  }

  /** Adds what the host and the agent listen to, before the run's own listeners. */
  inherit(all: readonly (Listeners | undefined)[]): void {
    for (const listeners of all) {
      if (listeners === undefined) continue;
      this.#inherited ??= this.#newObservers();
      this.#inherited.addAll(listeners);
    }
  }

  /** Events are those of this run from now on: which one it is was not known before. */
  identify(runId: string): void {
    this.#options = { ...this.#options, runId };
  }

  /** Whether somebody wants pieces of a response as they come. */
  get isHeard(): boolean {
    if (this.#channels.length > this.#followers.length || this.#followers.some((isHeard) => isHeard())) return true;
    return PIECES.some((type) => this.#observers.hasListener(type) || this.#inherited?.hasListener(type) === true);
  }

  get hasReader(): boolean {
    return this.#channels.length > 0;
  }

  wants(type: EventType): boolean {
    return UnfinishedEvents.keeps(type) || this.#isWatched(type);
  }

  /** Whether a reader or a listener gets events of this type now. */
  #isWatched(type: EventType): boolean {
    if (this.#channels.length > 0) return true;
    return this.#observers.isObserved(type) || this.#inherited?.isObserved(type) === true;
  }

  emitJournalEvent(
    event: JournalEvent,
    { path, replayed }: { readonly path: string; readonly replayed: boolean },
  ): void {
    const emission = this.#emission(event, { path, replayed, at: event.at });
    this.#journal.push(emission);
    this.#unfinished.settle(path, event);
    void this.#emit(emission); // A journal event waits for nobody.
  }

  /** A promise means: a reader is behind; it resolves when the reader has caught up. */
  emitLiveEvent(event: LiveEvent, path: string): Promise<void> | undefined {
    if (!this.#isWatched(event.type)) {
      if (!UnfinishedEvents.keeps(event.type)) return undefined;
      // Only a later reader needs it, who gets the pieces of a text joined: no event is made for each.
      if (this.#unfinished.extend(path, event, this.#seq + 1)) {
        this.#seq++;
        return undefined;
      }
    }
    const emission = this.#emission(event, { path, replayed: false, at: this.#options.clock.now() });
    this.#unfinished.add(emission);
    return this.#emit(emission);
  }

  /** Reads everything: the journal so far, what is under way, then what happens. Rejects where the run failed with its host. */
  read(): AsyncIterator<RunEvent, undefined> {
    const channel = this.#open();
    const give = ({ done, value }: IteratorResult<Emission, undefined>): IteratorResult<RunEvent, undefined> =>
      done === true ? { done, value } : { done: false, value: this.#made(value) };
    return { next: async () => give(await channel.next()), return: async () => give(await channel.return()) };
  }

  /** The same for another run that follows this one. A follower that is behind holds up nobody. */
  follow({ isHeard, onEvent, onEnd }: Follower): () => void {
    const channel = this.#open();
    channel.disableBackpressure();
    this.#followers = [...this.#followers, isHeard];
    const known = this.#seq;
    const leave = (): void => {
      this.#followers = this.#followers.filter((each) => each !== isHeard);
      void channel.return(); // Resolves at once.
    };
    const relay = async (): Promise<void> => {
      for (let next = await channel.next(); next.done !== true; next = await channel.next()) {
        const { seq, path, replayed, event } = next.value;
        const followed: FollowedEvent = { path, event, replayed: replayed || ('activeMs' in event && seq <= known) };
        await onEvent(followed);
      }
    };
    relay()
      .catch(() => undefined)
      .finally(() => {
        leave();
        onEnd();
      });
    return leave;
  }

  close(): void {
    this.#end ??= {};
    for (const channel of this.#channels) channel.close();
  }

  /** Ends the stream with an error for everybody who reads it. `true` if somebody does. */
  fail(error: unknown): boolean {
    this.#end ??= { failure: { error } };
    const isRead = this.#channels.length > this.#followers.length;
    for (const channel of this.#channels) channel.fail(error);
    return isRead;
  }

  /** From now on no reader pauses the model: somebody waits for the end, who may be the reader itself. */
  disableBackpressure(): void {
    this.#hasBackpressure = false;
    for (const channel of this.#channels) channel.disableBackpressure();
  }

  #newObservers(): Observers {
    return new Observers((event) => void this.emitLiveEvent(event, '')); // Nobody waits for a failed listener.
  }

  #open(): Channel<Emission> {
    const channel: Channel<Emission> = new Channel(HIGH_WATER_MARK, () => {
      this.#channels = this.#channels.filter((each) => each !== channel);
    });
    if (!this.#hasBackpressure) channel.disableBackpressure();
    // These have happened: there is nobody to hold up.
    for (const emission of this.#unfinished.mergedWith(this.#journal)) void channel.push(emission);
    if (this.#end?.failure !== undefined) channel.fail(this.#end.failure.error);
    else if (this.#end !== undefined) channel.close();
    else this.#channels = [...this.#channels, channel];
    return channel;
  }

  #emission(event: JournalEvent | LiveEvent, how: Pick<Emission, 'path' | 'replayed' | 'at'>): Emission {
    return { seq: ++this.#seq, ...how, event, subject: this.#subjects.subjectOf(how.path, event) };
  }

  #emit(emission: Emission): Promise<void> | undefined {
    let waits: Promise<void> | undefined;
    for (const channel of this.#channels) {
      const wait = channel.push(emission);
      if (wait !== undefined) waits = waits === undefined ? wait : Promise.all([waits, wait]).then(() => undefined);
    }
    // After the readers: a listener may begin to read, and gets this event with the journal so far.
    const { type } = emission.event;
    if (this.#inherited?.isObserved(type) === true) this.#inherited.emit(this.#made(emission));
    if (this.#observers.isObserved(type)) this.#observers.emit(this.#made(emission));
    return waits;
  }

  #made(emission: Emission): RunEvent {
    if (emission.made !== undefined) return emission.made;
    const { event, seq, at, path, replayed, subject } = emission;
    const { runId } = this.#options;
    const stamp = { runId, path, seq, at, ...(replayed && { replayed }) };
    // The fields of a call are there where the event has a call; the compiler cannot follow that through the union.
    emission.made = { ...event, ...describe(event, subject), ...stamp } as RunEvent;
    return emission.made;
  }
}

/**
 * Remembers, for a run and for each run inside it, which agent speaks and which calls the model made last.
 *
 * The journal holds arguments and results once. What emitted events say beyond it is derived here, alike for live and replayed events.
 */
class EventSubjects {
  readonly #agents = new Map<string, string>();
  #calls: Map<string, readonly ToolCall[]> | undefined;

  constructor(agent: string) {
    this.#agents.set('', agent);
  }

  /** Call this once for each journal event, in order. */
  subjectOf(path: string, event: JournalEvent | LiveEvent): EventSubject {
    if (event.type === 'run.started') this.#agents.set(path, event.agent);
    if (event.type === 'model.responded') this.#setCalls(path, event.message.tool_calls);
    const subject = { agent: this.#agents.get(path) ?? '', call: this.#callOf(path, event) };
    // The event itself still belongs to the agent that hands over.
    if (event.type === 'handoff.completed') this.#agents.set(path, event.to);
    return subject;
  }

  #setCalls(path: string, calls: readonly ToolCall[] | undefined): void {
    if (calls === undefined) this.#calls?.delete(path);
    else this.#calls = (this.#calls ?? new Map()).set(path, calls);
  }

  #callOf(path: string, event: JournalEvent | LiveEvent): ToolCall | undefined {
    if ('call' in event) return event.call;
    if (event.type === 'approval.requested') return event.pending.call;
    // `tool_call.delta` counts the calls of a response that is still arriving.
    return 'index' in event && event.type !== 'tool_call.delta' ? this.#calls?.get(path)?.[event.index] : undefined;
  }
}

interface Description extends Partial<ToolCallFields> {
  readonly agent: string;
  readonly output?: Json;
}

/** The fields that an emitted event has beside the ones that its journal or its origin has. */
function describe(event: JournalEvent | LiveEvent, { agent, call }: EventSubject): Description {
  if (call === undefined) return { agent };
  const fields = { agent, toolCallId: call.id, toolName: callName(call), ...inputOf(call) };
  return event.type === 'tool.finished' ? { ...fields, output: outputOf(event) } : fields;
}

function inputOf(call: ToolCall): { readonly input?: Json } {
  if (call.type === 'custom') return { input: call.custom.input };
  const parsed = parseArguments(callArguments(call));
  return parsed.ok ? { input: parsed.value as Json } : {}; // Parsed from JSON.
}

/** A result is stored as text; `isText` says that the tool gave exactly that text, although it reads as JSON. */
function outputOf({ content, fullContent: full = content, isText }: ToolFinishedEvent): Json {
  if (isText === true) return full;
  const parsed = parseJson(full);
  return parsed.ok ? (parsed.value as Json) : full; // As above.
}
