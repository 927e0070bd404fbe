import { EventEmitter } from 'eventemitter3';
import { toErrorData } from './error-data.ts';
import type { EventOf, EventType, RunEvent } from './event.ts';
import type { ListenerFailedEvent } from './live-event.ts';

/** `'*'` hears everything. */
export type Listener<Type extends EventType | '*'> = (
  event: Type extends EventType ? EventOf<Type> : RunEvent,
) => unknown;

/** Listeners by the type of event that they hear. `'*'` hears every event, and makes no request stream. */
export type Listeners = { readonly [Type in EventType | '*']?: Listener<Type> };

type GuardedListener = (event: RunEvent) => void;

/** Who listens to a run. A listener that throws or rejects hurts nobody: it is told of, once. */
export class Observers {
  readonly #emitter = new EventEmitter<string>();
  readonly #guarded = new Map<unknown, GuardedListener>();
  /** What somebody listens to: asked for each piece of a stream. */
  readonly #observedTypes = new Set<EventType | '*'>();
  #isEmitting = false;
  /** What came up while an event is told. */
  #queue: RunEvent[] | undefined;
  readonly #onFailure: (notice: ListenerFailedEvent) => void;

  constructor(onFailure: (notice: ListenerFailedEvent) => void) {
    this.#onFailure = onFailure;
  }

  add<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#emitter.on(type, this.#guard(listener));
    this.#observedTypes.add(type);
  }

  addAll(listeners: Listeners): void {
    for (const [type, listener] of Object.entries(listeners)) {
      // Checked where they are given: each listener stands under the type that it hears.
      if (listener !== undefined) this.add(type as EventType, listener as Listener<EventType>);
    }
  }

  remove<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    const callGuarded = this.#guarded.get(listener);
    if (callGuarded !== undefined) this.#emitter.off(type, callGuarded);
    if (this.#emitter.listenerCount(type) === 0) this.#observedTypes.delete(type);
  }

  /** Whether making an event of this type is of use to anybody here. */
  isObserved(type: EventType): boolean {
    return this.#observedTypes.has(type) || this.#observedTypes.has('*');
  }

  /** Whether somebody listens to this very type. */
  hasListener(type: EventType): boolean {
    return this.#observedTypes.has(type);
  }

  /** One event after the other: what a listener brings about is told when everybody has heard what it was told. */
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

  /** One guard a listener, whatever it is added to, so that its failure is told once and it can be removed. */
  #guard<Type extends EventType | '*'>(listener: Listener<Type>): GuardedListener {
    const known = this.#guarded.get(listener);
    if (known !== undefined) return known;
    // The emitter hands each listener only events of the type that it was added for.
    const hear = listener as unknown as (event: RunEvent) => unknown;
    let failed = false;
    const onError = (type: EventType, error: unknown): void => {
      if (failed) return;
      failed = true;
      this.#onFailure({ type: 'listener.failed', event: type, error: toErrorData(error) });
    };
    const callGuarded: GuardedListener = (event) => {
      try {
        const result: unknown = hear(event);
        if (result instanceof Promise) result.catch((error: unknown) => onError(event.type, error));
      } catch (error) {
        onError(event.type, error);
      }
    };
    this.#guarded.set(listener, callGuarded);
    return callGuarded;
  }
}
