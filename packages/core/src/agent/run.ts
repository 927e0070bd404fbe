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
import type { EventSink } from '../perform/scope.ts';
import { EventStream } from './event-stream.ts';
import { createRunError } from './run-error.ts';

/** The connections between a `Run` and its execution. */
export interface RunPorts {
  /** Creates the event sink of the run, with the path `''`, or of a nested run. */
  readonly createEventSink: (path: string) => EventSink;
  /** Cancelled by `run.abort`, the `signal` option, the limits and the host. */
  readonly cancellation: Cancellation;
  /** Whether anything uses the deltas of a response. */
  readonly hasDeltaListener: () => boolean;
  /** Returns the steering messages that the model has not read. */
  readonly getSteering: () => readonly UserMessage[];
  /** Sets the run id, if it was unknown when the `Run` was created. */
  readonly identify: (runId: string) => void;
  /** For followers in this process. */
  readonly followedRun: FollowedRun;
  /** Adds the listeners of the host and the agent. Only the worker of the run does so: a follower would call them twice. */
  readonly inherit: (listeners: readonly (Listeners | undefined)[]) => void;
}

export interface RunSetup<Output> {
  readonly id: string;
  readonly agent: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Whether the run was given a host, which is needed to answer a suspended run. */
  readonly hasHost: boolean;
  readonly execute: (ports: RunPorts) => Promise<Outcome<Output>>;
}

/**
 * One execution of an agent. Created by `agent.run`, `agent.resume` and `agent.continueConversation`.
 *
 * - `await run` resolves if the run completes, and rejects with a `RunError` otherwise.
 * - `run.outcome()` resolves with the outcome in every case.
 * - `for await (const event of run)` and `run.on` give its events.
 *
 * It starts in a microtask, so listeners that are added synchronously miss nothing. A run is a thenable: an `async` function that returns
 * a run returns the result of awaiting it.
 */
export class Run<Output = string> implements PromiseLike<CompletedOutcome<Output>>, AsyncIterable<RunEvent> {
  #id: string;
  readonly #cancellation: Cancellation;
  readonly #events: EventStream;
  readonly #outcome: Promise<Outcome<Output>>;
  readonly #steering = new SteeringQueue();
  readonly #hasHost: boolean;
  #isAwaited = false;

  constructor({ id: runId, agent, clock, signal, hasHost, execute }: RunSetup<Output>) {
    this.#id = runId;
    this.#hasHost = hasHost;
    this.#events = new EventStream({ runId: runId, agent, clock });
    this.#cancellation = new Cancellation(signal);
    const end = (): void => {
      this.#cancellation.detach();
      this.#steering.close();
    };
    this.#outcome = Promise.resolve()
      .then(() => execute(this.#createPorts()))
      .then(
        (outcome) => {
          end();
          this.#events.close();
          return outcome;
        },
        (error: unknown) => {
          end();
          const failure = HostError.isInstance(error) ? error : createBrokenRunError(this.#id, error);
          this.#fail(failure);
          throw failure;
        },
      );
    // Prevents an unhandled rejection: `#fail` reports a failure that nobody awaits.
    this.#outcome.catch(() => undefined);
  }

  /** With `agent.continueConversation` it is final from the first event on. */
  get runId(): string {
    return this.#id;
  }

  /** Resolves with the outcome of the run. Rejects only with a `HostError`: the host failed, and the run can be resumed. */
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
      throw createRunError(outcome, { hasHost: this.#hasHost });
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

  /** Ends the run for good. Open calls get a cancelled result. */
  abort(reason: unknown = 'aborted'): void {
    this.#cancellation.cancel(reason);
  }

  /**
   * Sends a user message to the running agent. The model gets it with the next request, after middleware has seen it (`user.steering`).
   * If the model has just answered with text, and the limits leave a turn, the run continues with the message.
   *
   * - Resolves with `true` when the message is recorded: it is then part of `outcome.messages`.
   * - Resolves with `false` if the run has ended, is suspended or runs elsewhere: pass the message to the next run, or to
   *   `host.sendMessage`.
   * - A crash before the message is recorded loses it with its promise: send it again.
   *
   * @throws ConfigError for a message that is not a user message
   */
  steer(message: string | UserMessage): Promise<boolean> {
    return this.#steering.add(message);
  }

  /**
   * Adds a listener for events of one type, or for all events with `'*'`. Listeners are not awaited, and their errors do not affect the
   * run.
   *
   * @throws ConfigError for an unknown event type, or a listener that is not a function
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
   * Iterates over all events in order: the recorded ones so far, those of unfinished work, then new ones until the end of the run.
   *
   * - Rejects after the last event if `outcome()` rejects: the host or the conversation store failed.
   * - A reader that is 256 events behind pauses the model's stream, unless the run is awaited.
   * - Leaving the loop early does not end the run.
   */
  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    return this.#events.read();
  }

  /** Warns about a failure that is neither awaited nor read. The delay leaves time to await the run. */
  #fail(failure: HostError): void {
    if (this.#events.fail(failure) || this.#isAwaited) return;
    setTimeout(() => {
      if (!this.#isAwaited) warn(`${failure.message} This run was not awaited: await run.outcome().`, failure.code);
    });
  }

  #createPorts(): RunPorts {
    const events = this.#events;
    return {
      cancellation: this.#cancellation,
      getSteering: () => this.#steering.messages,
      hasDeltaListener: () => events.hasDeltaListener,
      followedRun: { follow: (follower) => events.follow(follower), steer: (message) => this.#steering.add(message) },
      identify: (runId) => {
        this.#id = runId;
        events.identify(runId);
      },
      inherit: (listeners) => events.inherit([createDebugListeners(), ...listeners]),
      createEventSink: (path) => ({
        emitJournalEvent: (event, how) => {
          if (!how.replayed && path === '') this.#steering.remove(countSteering(event));
          // Without a host there is nothing to read from a position.
          const { position: _, ...known } = how;
          events.emitJournalEvent(event, this.#hasHost ? { path, ...how } : { path, ...known });
        },
        emitLiveEvent: (event) => events.emitLiveEvent(event, path),
        shouldEmit: (type) => events.shouldEmit(type),
      }),
    };
  }
}

function countSteering(event: JournalEvent): number {
  if (event.type === 'turn.prepared') return event.steeringMessages?.length ?? 0;
  if (event.type !== 'model.responded' || event.steeringMessages === undefined) return 0;
  return event.steeringMessages.before.length + event.steeringMessages.after.length;
}

function createBrokenRunError(id: string, cause: unknown): HostError {
  return new HostError(
    `Run "${id}" was interrupted: ${getErrorMessage(cause)}. Resume it with agent.resume("${id}").`,
    {
      code: 'run.broken',
      cause,
    },
  );
}

interface SteeringEntry {
  readonly message: UserMessage;
  readonly resolve: (isTaken: boolean) => void;
}

/** Steering messages until it is recorded that the model has read them. */
class SteeringQueue {
  #entries: readonly SteeringEntry[] = NO_ENTRIES;
  #isClosed = false;

  get messages(): readonly UserMessage[] {
    return this.#entries.map(({ message }) => message);
  }

  /** @throws ConfigError for a message that is not a user message */
  add(input: string | UserMessage): Promise<boolean> {
    const message = readUserMessage(input, 'run.steer');
    return new Promise((resolve) => {
      if (this.#isClosed) resolve(false);
      else this.#entries = [...this.#entries, { message, resolve }];
    });
  }

  /** Removes the first messages: they are recorded now. */
  remove(count: number): void {
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

const NO_ENTRIES: readonly SteeringEntry[] = [];

/** Creates listeners that write the run to stderr if the environment has `PAWL_DEBUG=1`. */
function createDebugListeners(): Listeners | undefined {
  return isDebugEnabled() ? { '*': createDebugWriter() } : undefined;
}

/** Each run has its own writer: lines of parallel runs would split each other's text. */
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
