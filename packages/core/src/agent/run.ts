import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { HostError } from '../base/errors.ts';
import { warn } from '../base/warn.ts';
import { isDebugEnabled, writeDebug } from '../base/write-debug.ts';
import type { UserMessage } from '../chat/message.ts';
import { readUserMessage } from '../chat/read-input.ts';
import { checkListener } from '../event/check-listeners.ts';
import { getErrorMessage } from '../event/error-data.ts';
import type { EventType, RunEvent } from '../event/event.ts';
import { formatEvent } from '../event/format-event.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { Listener, Listeners } from '../event/observers.ts';
import type { CompletedOutcome, Outcome } from '../event/outcome.ts';
import type { FollowedRun } from '../host/live-runs.ts';
import type { Teller } from '../perform/scope.ts';
import { EventStream } from './event-stream.ts';
import { runError } from './run-error.ts';

/** What the body of a run is given. */
export interface RunPorts {
  /** For the run itself, `''`, and for those inside it. */
  readonly tellAt: (path: string) => Teller;
  /** Of the run: `run.abort`, the signal that it was given, its limits and its host cancel it. */
  readonly cancellation: Cancellation;
  /** Whether somebody wants to hear pieces as they come. */
  readonly isHeard: () => boolean;
  /** What the user has said meanwhile, and the model has not read. */
  readonly said: () => readonly UserMessage[];
  /** Says which run it is, if that was not known when it was made. */
  readonly identify: (runId: string) => void;
  /** For others in this process that follow it. */
  readonly followed: FollowedRun;
  /** Adds the listeners of the host and of the agent. Only who works on the run does so: a follower would call them twice. */
  readonly inherit: (listeners: readonly (Listeners | undefined)[]) => void;
}

export interface RunSetup<Output> {
  readonly id: string;
  readonly agent: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Whether the caller holds the host that the run is kept on, by which a suspended one is answered. */
  readonly hasHost: boolean;
  readonly body: (ports: RunPorts) => Promise<Outcome<Output>>;
}

/**
 * One execution of an agent: awaitable, iterable, and to be listened to. Made by `agent.run` and `agent.resume`.
 *
 * It starts in a microtask, so whoever listens at once misses nothing. `await run` resolves with a completed run and
 * nothing else; every other ending rejects with a `RunError`, and `outcome()` tells them all without rejecting.
 * A run is a thenable: an `async` function that returns one returns what it resolves with.
 */
export class Run<Output = string> implements PromiseLike<CompletedOutcome<Output>>, AsyncIterable<RunEvent> {
  #id: string;
  readonly #cancellation: Cancellation;
  readonly #events: EventStream;
  readonly #outcome: Promise<Outcome<Output>>;
  readonly #inbox = new Inbox();
  readonly #hasHost: boolean;
  #isAwaited = false;

  constructor({ id: runId, agent, clock, signal, hasHost, body }: RunSetup<Output>) {
    this.#id = runId;
    this.#hasHost = hasHost;
    this.#events = new EventStream({ runId: runId, agent, clock });
    this.#cancellation = new Cancellation(signal);
    const end = (): void => {
      this.#cancellation.detach();
      this.#inbox.close();
    };
    this.#outcome = Promise.resolve()
      .then(() => body(this.#ports()))
      .then(
        (outcome) => {
          end();
          this.#events.close();
          return outcome;
        },
        (error: unknown) => {
          end();
          const failure = HostError.isInstance(error) ? error : breakError(this.#id, error);
          this.#fail(failure);
          throw failure;
        },
      );
    // Prevents an unhandled rejection: `#fail` reports a failure that nobody awaits.
    this.#outcome.catch(() => undefined);
  }

  /** Of `agent.continueConversation` it is known from the first event on. */
  get runId(): string {
    return this.#id;
  }

  /** How the run ended. Rejects with a `HostError` only: the host failed, and the run may be resumed. */
  outcome(): Promise<Outcome<Output>> {
    this.#isAwaited = true;
    this.#events.disableBackpressure();
    return this.#outcome;
  }

  // biome-ignore lint/suspicious/noThenProperty: a run is awaitable by design
  then<Value = CompletedOutcome<Output>, Otherwise = never>(
    onCompleted?: ((completed: CompletedOutcome<Output>) => Value | PromiseLike<Value>) | null,
    onRejected?: ((reason: unknown) => Otherwise | PromiseLike<Otherwise>) | null,
  ): Promise<Value | Otherwise> {
    const completed = this.outcome().then((outcome) => {
      if (outcome.status === 'completed') return outcome;
      throw runError(outcome, { hasHost: this.#hasHost });
    });
    return completed.then(onCompleted, onRejected);
  }

  catch<Otherwise = never>(
    onRejected?: ((reason: unknown) => Otherwise | PromiseLike<Otherwise>) | null,
  ): Promise<CompletedOutcome<Output> | Otherwise> {
    return this.then(null, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<CompletedOutcome<Output>> {
    return this.then().finally(onFinally);
  }

  /** Ends the run for good, at once: open calls are answered as cancelled. */
  abort(reason: unknown = 'aborted'): void {
    this.#cancellation.cancel(reason);
  }

  /**
   * Says something to the run while it is at work. The model reads it with the next request, after what middleware makes of it
   * (`user.steering`); where it has answered meanwhile, and the limits leave a turn, that is no end, and it is asked again.
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

  /**
   * Hears events of one type, or all of them by `'*'`. Listeners are never awaited, and may throw without harm.
   *
   * @throws ConfigError for a type of which there are no events, and for what is no function.
   */
  on<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): this {
    checkListener(type, listener, 'run.on');
    this.#events.add(type, listener);
    return this;
  }

  off<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): this {
    checkListener(type, listener, 'run.off');
    this.#events.remove(type, listener);
    return this;
  }

  /**
   * The events, in order: the recorded ones so far, those of what is under way, then everything as it happens, until the end of the run.
   *
   * Rejects after the last event where `outcome()` rejects: the host or the conversation's store failed. A reader that falls
   * behind by 256 events pauses the model's stream, unless somebody awaits the run. Leaving the loop early leaves the run at work.
   */
  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    return this.#events.read();
  }

  /** Once nobody can have missed it by accident, a failure that is neither awaited nor read is reported. */
  #fail(failure: HostError): void {
    if (this.#events.fail(failure) || this.#isAwaited) return;
    setTimeout(() => {
      if (!this.#isAwaited) warn(`${failure.message} Nobody awaited this run: await run.outcome().`, failure.code);
    });
  }

  #ports(): RunPorts {
    const events = this.#events;
    return {
      cancellation: this.#cancellation,
      said: () => this.#inbox.messages,
      isHeard: () => events.isHeard,
      followed: { follow: (follower) => events.follow(follower), steer: (message) => this.#inbox.add(message) },
      identify: (runId) => {
        this.#id = runId;
        events.identify(runId);
      },
      inherit: (listeners) => events.inherit([debugListeners(), ...listeners]),
      tellAt: (path) => ({
        fact: (fact, { replayed }) => {
          if (!replayed && path === '') this.#inbox.take(countSteering(fact));
          events.emitJournalEvent(fact, { path, replayed });
        },
        notice: (notice) => events.emitLiveEvent(notice, path),
        wants: (type) => events.wants(type),
      }),
    };
  }
}

function countSteering(fact: JournalEvent): number {
  if (fact.type === 'turn.prepared') return fact.steeringMessages?.length ?? 0;
  if (fact.type !== 'model.responded' || fact.steeringMessages === undefined) return 0;
  return fact.steeringMessages.before.length + fact.steeringMessages.after.length;
}

function breakError(id: string, cause: unknown): HostError {
  return new HostError(`Run "${id}" broke off: ${getErrorMessage(cause)}. Resume it by its id.`, {
    code: 'run.broken',
    cause,
  });
}

interface InboxEntry {
  readonly message: UserMessage;
  readonly resolve: (isTaken: boolean) => void;
}

/** What a user says while a run is at work, until it is recorded that the model has read it. */
class Inbox {
  #entries: readonly InboxEntry[] = NO_ENTRIES;
  #isClosed = false;

  get messages(): readonly UserMessage[] {
    return this.#entries.map(({ message }) => message);
  }

  /** @throws ConfigError for a message that is not a user's. */
  add(said: string | UserMessage): Promise<boolean> {
    const message = readUserMessage(said, 'run.steer');
    return new Promise((resolve) => {
      if (this.#isClosed) resolve(false);
      else this.#entries = [...this.#entries, { message, resolve }];
    });
  }

  /** The first messages are part of the run from now on. */
  take(count: number): void {
    if (count === 0) return;
    for (const { resolve } of this.#entries.slice(0, count)) resolve(true);
    this.#entries = this.#entries.slice(count);
  }

  close(): void {
    this.#isClosed = true;
    for (const { resolve } of this.#entries) resolve(false);
    this.#entries = NO_ENTRIES;
  }
}

const NO_ENTRIES: readonly InboxEntry[] = [];

/** With `PAWL_DEBUG=1` in the environment: listeners that write a run to stderr, as `npm start` prints it. */
function debugListeners(): Listeners | undefined {
  return isDebugEnabled() ? { '*': createDebugWriter() } : undefined;
}

/** Each run has its own: lines of runs side by side would tear each other's text apart. */
function createDebugWriter(): (event: RunEvent) => void {
  let isMidLine = false;
  return (event) => {
    const text = formatEvent(event);
    if (text === undefined) return;
    const isPiece = event.type === 'text.delta';
    writeDebug(isPiece ? text : `${isMidLine ? '\n' : ''}${text}\n`);
    isMidLine = isPiece ? !text.endsWith('\n') : false;
  };
}
