import type { Json } from '../base/json.ts';
import { parsePartialJson } from '../base/parse-partial-json.ts';
import type { History } from '../chat/history.ts';
import type { Delta } from '../chat/response.ts';
import type { Scope } from './scope.ts';

type CallDelta = Extract<Delta, { readonly type: 'call' }>;
type TextDelta = Extract<Delta, { readonly type: 'text' }>;

const NO_IDS: ReadonlySet<string> = new Set();

/** Constant strings: a string built for each delta would be hashed again for each set lookup. */
const EVENT_TYPES = {
  text: 'text.delta',
  reasoning: 'reasoning.delta',
  refusal: 'refusal.delta',
  call: 'tool_call.delta',
} as const;

/** Emits the deltas of a turn's responses, of one attempt at a time, so deltas of parallel requests never mix. */
export class ResponseEmitter {
  readonly #scope: Scope;
  readonly #turn: number;
  readonly #history: History;
  /** By the index of the call. */
  #callIds: Map<number, string> | undefined;
  #attempt = 0;
  /** Whether deltas of the current attempt were emitted. */
  #hasEmitted = false;
  /** The partial output of the current attempt. */
  #partial: PartialOutput | undefined;

  /** @param history Has the call ids that are in use. */
  constructor(scope: Scope, { turn, history }: { readonly turn: number; readonly history: History }) {
    this.#scope = scope;
    this.#turn = turn;
    this.#history = history;
  }

  get hasEmitted(): boolean {
    return this.#hasEmitted;
  }

  startAttempt(attempt: number): void {
    this.#attempt = attempt;
    this.#hasEmitted = false;
    this.#callIds = undefined;
    this.#partial = this.#createPartial();
  }

  /** Returns a promise if a reader is behind: continue when it resolves. */
  emit(delta: Delta): Promise<void> | undefined {
    this.#hasEmitted = true;
    const partial = delta.type === 'text' ? this.#emitPartial(delta) : undefined;
    return this.#emitDelta(delta) ?? partial;
  }

  /**
   * Emits a whole text in place of the emitted deltas: for a model that does not stream, a request in parallel to another one, or a
   * response that middleware made.
   */
  emitWhole(text: string, attempt: number): void {
    this.discard();
    if (text === '') return;
    this.startAttempt(attempt);
    void this.emit({ type: 'text', delta: text }); // This event needs no backpressure.
  }

  /** Discards the emitted deltas. */
  discard(): void {
    if (!this.#hasEmitted) return;
    const attempt = this.#attempt;
    this.startAttempt(attempt);
    void this.#scope.events.emitLiveEvent({ type: 'attempt.discarded', turn: this.#turn, attempt }); // This event needs no backpressure.
  }

  #emitPartial({ delta, startsAnswer = false }: TextDelta): Promise<void> | undefined {
    const { events } = this.#scope;
    if (this.#partial === undefined || !events.shouldEmit('output.partial')) return undefined;
    if (startsAnswer) this.#partial = this.#createPartial();
    const partial = this.#partial?.push(delta);
    if (partial === undefined) return undefined;
    return events.emitLiveEvent({ type: 'output.partial', turn: this.#turn, attempt: this.#attempt, partial });
  }

  #createPartial(): PartialOutput | undefined {
    const { output } = this.#scope.definition;
    return output && new PartialOutput(output.unwrap);
  }

  #emitDelta(delta: Delta): Promise<void> | undefined {
    const { events } = this.#scope;
    const type = EVENT_TYPES[delta.type];
    if (!events.shouldEmit(type)) return undefined;
    const position = { turn: this.#turn, attempt: this.#attempt };
    if (delta.type !== 'call')
      return events.emitLiveEvent({ type: EVENT_TYPES[delta.type], ...position, delta: delta.delta });
    const { index, name, kind = 'function' } = delta;
    const id = this.#getCallId(delta);
    const call = id === undefined ? { toolName: name } : { toolName: name, toolCallId: id };
    return events.emitLiveEvent({
      type: 'tool_call.delta',
      ...position,
      index,
      name,
      kind,
      ...call,
      delta: delta.delta,
    });
  }

  /** Returns the id that the history will assign: servers reuse ids. */
  #getCallId({ index, id }: CallDelta): string | undefined {
    if (id === undefined) return undefined;
    this.#callIds ??= new Map();
    const known = this.#callIds.get(index);
    if (known !== undefined) return known;
    const free = this.#history.findFreeId(id, this.#callIds.size === 0 ? NO_IDS : new Set(this.#callIds.values()));
    this.#callIds.set(index, free);
    return free;
  }
}

/** Parses an output while it arrives in deltas. */
class PartialOutput {
  readonly #unwrap: (value: unknown) => unknown;
  #text = '';
  #emittedLength = 0;

  constructor(unwrap: (value: unknown) => unknown) {
    this.#unwrap = unwrap;
  }

  /** Adds a delta and returns the output so far; `undefined` if there is nothing new to emit. */
  push(delta: string): Json | undefined {
    this.#text += delta;
    // Each emission parses the whole text. A long text is emitted less often, so the total cost stays linear.
    if ((this.#text.length - this.#emittedLength) * STEPS < this.#text.length) return undefined;
    this.#emittedLength = this.#text.length;
    const value = this.#unwrap(parsePartialJson(this.#text.replace(/^\s*```\w*\s*\n/, '')));
    return value as Json | undefined; // `JSON.parse` returns JSON.
  }
}

const STEPS = 64;
