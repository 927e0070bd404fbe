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

type Guarded = (event: RunEvent) => void;

/** Who listens to a run. A listener that throws or rejects hurts nobody: it is told of, once. */
export class Observers {
  readonly #emitter = new EventEmitter<string>();
  readonly #guarded = new Map<unknown, Guarded>();
  /** What somebody listens to: asked for each piece of a stream. */
  readonly #heard = new Set<EventType | '*'>();
  #isTelling = false;
  /** What came up while an event is told. */
  #queue: RunEvent[] | undefined;
  readonly #onFailure: (notice: ListenerFailedEvent) => void;

  constructor(onFailure: (notice: ListenerFailedEvent) => void) {
    this.#onFailure = onFailure;
  }

  add<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    this.#emitter.on(type, this.#guard(listener));
    this.#heard.add(type);
  }

  addAll(listeners: Listeners): void {
    for (const [type, listener] of Object.entries(listeners)) {
      // Checked where they are given: each listener stands under the type that it hears.
      if (listener !== undefined) this.add(type as EventType, listener as Listener<EventType>);
    }
  }

  remove<Type extends EventType | '*'>(type: Type, listener: Listener<Type>): void {
    const guarded = this.#guarded.get(listener);
    if (guarded !== undefined) this.#emitter.off(type, guarded);
    if (this.#emitter.listenerCount(type) === 0) this.#heard.delete(type);
  }

  /** Whether making an event of this type is of use to anybody here. */
  wants(type: EventType): boolean {
    return this.#heard.has(type) || this.#heard.has('*');
  }

  /** Whether somebody listens to this very type. */
  hears(type: EventType): boolean {
    return this.#heard.has(type);
  }

  /** One event after the other: what a listener brings about is told when everybody has heard what it was told. */
  tell(event: RunEvent): void {
    if (this.#isTelling) {
      this.#queue ??= [];
      this.#queue.push(event);
      return;
    }
    this.#isTelling = true;
    this.#emit(event);
    if (this.#queue !== undefined) {
      for (const next of this.#queue) this.#emit(next);
      this.#queue = undefined;
    }
    this.#isTelling = false;
  }

  #emit(event: RunEvent): void {
    if (this.#heard.has(event.type)) this.#emitter.emit(event.type, event);
    if (this.#heard.has('*')) this.#emitter.emit('*', event);
  }

  /** One guard a listener, whatever it is added to, so that its failure is told once and it can be removed. */
  #guard<Type extends EventType | '*'>(listener: Listener<Type>): Guarded {
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
    const guarded: Guarded = (event) => {
      try {
        const result: unknown = hear(event);
        if (result instanceof Promise) result.catch((error: unknown) => onError(event.type, error));
      } catch (error) {
        onError(event.type, error);
      }
    };
    this.#guarded.set(listener, guarded);
    return guarded;
  }
}
