import { Channel } from '../base/channel.ts';
import type { Clock } from '../base/clock.ts';
import { DurableError } from '../base/errors.ts';
import type { UserMessage } from '../chat/message.ts';
import { messageOf } from '../event/error-data.ts';
import type { EventType, RunEvent } from '../event/event.ts';
import type { Fact } from '../event/fact.ts';
import type { Notice } from '../event/notice.ts';
import { type Listener, Observers } from '../event/observers.ts';
import type { Completed, Outcome } from '../event/outcome.ts';
import type { Teller } from '../perform/scope.ts';
import { Inbox } from './inbox.ts';
import { runError } from './run-error.ts';

/** What the body of a run is given. */
export interface RunPorts {
  /** For the run itself, `''`, and for those inside it. */
  readonly tellAt: (path: string) => Teller;
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  /** Whether somebody wants to hear pieces as they come. */
  readonly isHeard: () => boolean;
  /** What the user has said meanwhile, and the model has not read. */
  readonly said: () => readonly UserMessage[];
}

export interface RunSetup<Output> {
  readonly id: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly body: (ports: RunPorts) => Promise<Outcome<Output>>;
}

/** Events that may wait for a reader before the model's socket is paused. */
const MARK = 256;

/** Notices that come in pieces, for which a reply is asked as a stream. */
const PIECES: readonly EventType[] = ['model.text', 'model.reasoning', 'model.refusal', 'model.call', 'output.partial'];

/**
 * One execution of an agent: awaitable, iterable, and to be listened to. Made by `agent.run` and `agent.resume`.
 *
 * It starts in a microtask, so whoever listens at once misses nothing. `await run` resolves with a completed run and
 * nothing else; every other ending rejects with a `RunError`, and `outcome()` tells them all without rejecting.
 * A run is a thenable: an `async` function that returns one returns what it resolves with.
 */
export class Run<Output = string> implements PromiseLike<Completed<Output>>, AsyncIterable<RunEvent> {
  readonly id: string;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #observers: Observers;
  readonly #outcome: Promise<Outcome<Output>>;
  /** Kept, so that whoever begins to read late gets them all. */
  readonly #facts: RunEvent[] = [];
  #channels: readonly Channel<RunEvent>[] = [];
  readonly #inbox = new Inbox();
  #seq = 0;
  #isDone = false;
  #isAwaited = false;

  constructor({ id, clock, signal, body }: RunSetup<Output>) {
    this.id = id;
    this.#clock = clock;
    this.#observers = new Observers((notice) => void this.#notice(notice, '')); // Failures are not waited for.
    const onAbort = (): void => this.#controller.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#outcome = Promise.resolve()
      .then(() => body(this.#ports()))
      .catch((error: unknown) => {
        throw error instanceof DurableError ? error : broken(id, error);
      })
      .finally(() => {
        signal?.removeEventListener('abort', onAbort);
        this.#isDone = true;
        this.#inbox.close();
        for (const channel of this.#channels) channel.close();
      });
    // Nobody has to ask: a rejection is there for whoever does.
    this.#outcome.catch(() => undefined);
  }

  /** How the run ended. Rejects with a `DurableError` only: the host failed, and the run may be resumed. */
  outcome(): Promise<Outcome<Output>> {
    this.#hurry();
    return this.#outcome;
  }

  // biome-ignore lint/suspicious/noThenProperty: a run is awaitable by design
  then<Value = Completed<Output>, Otherwise = never>(
    onCompleted?: ((completed: Completed<Output>) => Value | PromiseLike<Value>) | null,
    onRejected?: ((reason: unknown) => Otherwise | PromiseLike<Otherwise>) | null,
  ): Promise<Value | Otherwise> {
    const completed = this.outcome().then((outcome) => {
      if (outcome.status === 'completed') return outcome;
      throw runError(outcome);
    });
    return completed.then(onCompleted, onRejected);
  }

  catch<Otherwise = never>(
    onRejected?: ((reason: unknown) => Otherwise | PromiseLike<Otherwise>) | null,
  ): Promise<Completed<Output> | Otherwise> {
    return this.then(null, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Completed<Output>> {
    return this.then().finally(onFinally);
  }

  /** Ends the run for good, at once: open calls are answered as cancelled. */
  abort(reason: unknown = 'aborted'): void {
    this.#controller.abort(reason);
  }

  /**
   * Says something to the run while it is at work. The model reads it with the next request, after what middleware makes of it
   * (`user.steered`); where it has answered meanwhile, and the limits leave a turn, that is no end, and it is asked again.
   *
   * Resolves with `true` when that is remembered, and the message is part of `outcome.messages` for good. With `false` where
   * the run ended, was suspended, or was at work elsewhere, and knows nothing of it: pass it to the next run, or to `host.send`.
   * A message that a crash overtakes is lost with its promise: whoever was not told `true` says it again.
   *
   * @throws ConfigError for a message that is not a user's.
   */
  steer(message: string | UserMessage): Promise<boolean> {
    return this.#inbox.add(message);
  }

  /** Hears events of one type, or all of them by `'*'`. Listeners are never awaited, and may throw without harm. */
  on<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): this {
    this.#observers.add(type, listener);
    return this;
  }

  off<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): this {
    this.#observers.remove(type, listener);
    return this;
  }

  /**
   * The events, in order: the facts so far, then everything as it happens, until the end of the run.
   *
   * A reader that falls behind by 256 events pauses the model's stream, unless somebody awaits the run. Leaving the
   * loop early leaves the run at work.
   */
  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    const channel: Channel<RunEvent> = new Channel(MARK, () => {
      this.#channels = this.#channels.filter((each) => each !== channel);
    });
    if (this.#isAwaited) channel.hurry();
    for (const fact of this.#facts) void channel.push(fact); // They have happened: there is nobody to wait.
    if (this.#isDone) channel.close();
    else this.#channels = [...this.#channels, channel];
    return channel;
  }

  #hurry(): void {
    this.#isAwaited = true;
    for (const channel of this.#channels) channel.hurry();
  }

  #ports(): RunPorts {
    return {
      signal: this.#controller.signal,
      abort: (reason) => this.#controller.abort(reason),
      said: () => this.#inbox.messages,
      isHeard: () => this.#channels.length > 0 || PIECES.some((type) => this.#observers.hears(type)),
      tellAt: (path) => ({
        fact: (fact, { replayed }) => {
          if (!replayed && path === '') this.#inbox.takeIn(steeredBy(fact));
          this.#fact(fact, replayed ? { path, replayed } : { path });
        },
        notice: (notice) => this.#notice(notice, path),
        wants: (type) => this.#wants(type),
      }),
    };
  }

  #wants(type: EventType): boolean {
    return this.#channels.length > 0 || this.#observers.wants(type);
  }

  #fact(fact: Fact, how: Pick<RunEvent, 'path' | 'replayed'>): void {
    const event: RunEvent = { ...fact, runId: this.id, seq: ++this.#seq, ...how };
    this.#facts.push(event);
    void this.#tell(event); // A fact waits for nobody.
  }

  #notice(notice: Notice, path: string): Promise<void> | undefined {
    if (!this.#wants(notice.type)) return undefined;
    return this.#tell({ ...notice, runId: this.id, path, seq: ++this.#seq, at: this.#clock.now() });
  }

  #tell(event: RunEvent): Promise<void> | undefined {
    let waits: Promise<void> | undefined;
    for (const channel of this.#channels) {
      const wait = channel.push(event);
      if (wait !== undefined) waits = waits === undefined ? wait : Promise.all([waits, wait]).then(() => undefined);
    }
    // After the readers: a listener may begin to read, and gets this event with the facts so far.
    this.#observers.tell(event);
    return waits;
  }
}

function steeredBy(fact: Fact): number {
  if (fact.type === 'turn.planned') return fact.steered?.length ?? 0;
  if (fact.type !== 'model.replied' || fact.steered === undefined) return 0;
  return fact.steered.before.length + fact.steered.after.length;
}

function broken(id: string, cause: unknown): DurableError {
  return new DurableError(`Run "${id}" broke off: ${messageOf(cause)}. Resume it by its id.`, {
    code: 'run.broken',
    cause,
  });
}
