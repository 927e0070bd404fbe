import { EventEmitter } from 'eventemitter3';
import { toErrorData } from './error-data.ts';
import type { EventOf, EventType, RunEvent } from './event.ts';
import type { ListenerFailedEvent } from './live-event.ts';

/** A function that takes events of one type; for `'*'`, all events. */
export type Listener<Type extends EventType | '*'> = (
  event: Type extends EventType ? EventOf<Type> : RunEvent,
) => unknown;

/** Listeners by event type. `'*'` gets every event and does not make requests stream. */
export type Listeners = { readonly [Type in EventType | '*']?: Listener<Type> };

type GuardedListener = (event: RunEvent) => void;

/** The listeners of a run. A listener that throws or rejects does not affect the run; its first failure is reported. */
export class Observers {
  readonly #emitter = new EventEmitter<string>();
  readonly #guarded = new Map<unknown, GuardedListener>();
  /** The types that have a listener. A set, because each piece of a stream looks it up. */
  readonly #observedTypes = new Set<EventType | '*'>();
  #isEmitting = false;
  /** Events that arrived during an emit. */
  #queue: RunEvent[] | undefined;
  readonly #onFailure: (event: ListenerFailedEvent) => void;

  constructor(onFailure: (event: ListenerFailedEvent) => void) {
    this.#onFailure = onFailure;
  }

  add<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#emitter.on(type, this.#guard(listener));
    this.#observedTypes.add(type);
  }

  addAll(listeners: Listeners): void {
    for (const [type, listener] of Object.entries(listeners)) {
      // `checkListeners` has checked that each listener is under its event type.
      if (listener !== undefined) this.add(type as EventType, listener as Listener<EventType>);
    }
  }

  remove<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    const callGuarded = this.#guarded.get(listener);
    if (callGuarded !== undefined) this.#emitter.off(type, callGuarded);
    if (this.#emitter.listenerCount(type) === 0) this.#observedTypes.delete(type);
  }

  /** Whether any listener gets events of this type. */
  isObserved(type: EventType): boolean {
    return this.#observedTypes.has(type) || this.#observedTypes.has('*');
  }

  /** Whether a listener was added for this type, not for `'*'`. */
  hasListener(type: EventType): boolean {
    return this.#observedTypes.has(type);
  }

  /** Emits an event. An event that a listener causes is emitted after all listeners got the current one. */
  emit(event: RunEvent): void {
    if (this.#isEmitting) {
      this.#queue ??= [];
      this.#queue.push(event);
      return;
    }
    this.#isEmitting = true;
    this.#dispatch(event);
    if (this.#queue !== undefined) {
      for (const next of this.#queue) this.#dispatch(next);
      this.#queue = undefined;
    }
    this.#isEmitting = false;
  }

  #dispatch(event: RunEvent): void {
    if (this.#observedTypes.has(event.type)) this.#emitter.emit(event.type, event);
    if (this.#observedTypes.has('*')) this.#emitter.emit('*', event);
  }

  /** Wraps a listener once for all its types, so that its failure is reported once and it can be removed. */
  #guard<Type extends EventType | '*'>(listener: Listener<Type>): GuardedListener {
    const known = this.#guarded.get(listener);
    if (known !== undefined) return known;
    // The emitter passes a listener only events of the type that it was added for.
    const listen = listener as unknown as (event: RunEvent) => unknown;
    let hasFailed = false;
    const onError = (type: EventType, error: unknown): void => {
      if (hasFailed) return;
      hasFailed = true;
      this.#onFailure({ type: 'listener.failed', event: type, error: toErrorData(error) });
    };
    const callGuarded: GuardedListener = (event) => {
      try {
        const result: unknown = listen(event);
        if (result instanceof Promise) result.catch((error: unknown) => onError(event.type, error));
      } catch (error) {
        onError(event.type, error);
      }
    };
    this.#guarded.set(listener, callGuarded);
    return callGuarded;
  }
}
