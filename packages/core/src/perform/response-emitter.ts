import type { Json } from '../base/json.ts';
import { parsePartialJson } from '../base/parse-partial-json.ts';
import type { History } from '../chat/history.ts';
import type { Delta } from '../chat/response.ts';
import type { Scope } from './scope.ts';

type CallDelta = Extract<Delta, { readonly type: 'call' }>;
type TextDelta = Extract<Delta, { readonly type: 'text' }>;

const NO_IDS: ReadonlySet<string> = new Set();

/** Constants: a text that is joined for each piece has to be hashed for each look into a set of types. */
const EVENT_TYPES = {
  text: 'text.delta',
  reasoning: 'reasoning.delta',
  refusal: 'refusal.delta',
  call: 'tool_call.delta',
} as const;

/** Emits the pieces of a turn's responses. They belong to one attempt at a time, so that pieces of parallel requests never mix. */
export class ResponseEmitter {
  readonly #scope: Scope;
  readonly #turn: number;
  readonly #history: History;
  /** By the position of the call. */
  #callIds: Map<number, string> | undefined;
  #attempt = 0;
  /** Whether pieces of the present attempt were emitted. */
  #hasEmitted = false;
  /** Of the pieces that count. */
  #partial: PartialOutput | undefined;

  /** @param history Has the ids of calls that are taken. */
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
    this.#partial = this.#newPartial();
  }

  /** A promise means: a reader is behind, go on when it resolves. */
  emit(delta: Delta): Promise<void> | undefined {
    this.#hasEmitted = true;
    const partial = delta.type === 'text' ? this.#emitPartial(delta) : undefined;
    return this.#emitDelta(delta) ?? partial;
  }

  /**
   * Emits a text whose pieces were not emitted, in place of those that were: of a model that answers whole, of a request beside another
   * one, and of a response that middleware has made.
   */
  emitWhole(text: string, attempt: number): void {
    this.discard();
    if (text === '') return;
    this.startAttempt(attempt);
    void this.emit({ type: 'text', delta: text }); // Nothing to wait with.
  }

  /** Voids the pieces that were emitted. */
  discard(): void {
    if (!this.#hasEmitted) return;
    const attempt = this.#attempt;
    this.startAttempt(attempt);
    void this.#scope.tell.notice({ type: 'attempt.discarded', turn: this.#turn, attempt }); // Nothing to wait with.
  }

  #emitPartial({ delta, startsAnswer = false }: TextDelta): Promise<void> | undefined {
    const { tell } = this.#scope;
    if (this.#partial === undefined || !tell.wants('output.partial')) return undefined;
    if (startsAnswer) this.#partial = this.#newPartial();
    const partial = this.#partial?.push(delta);
    if (partial === undefined) return undefined;
    return tell.notice({ type: 'output.partial', turn: this.#turn, attempt: this.#attempt, partial });
  }

  #newPartial(): PartialOutput | undefined {
    const { output } = this.#scope.definition;
    return output && new PartialOutput(output.unwrap);
  }

  #emitDelta(delta: Delta): Promise<void> | undefined {
    const { tell } = this.#scope;
    const type = EVENT_TYPES[delta.type];
    if (!tell.wants(type)) return undefined;
    const position = { turn: this.#turn, attempt: this.#attempt };
    if (delta.type !== 'call') return tell.notice({ type: EVENT_TYPES[delta.type], ...position, delta: delta.delta });
    const { index, name } = delta;
    const id = this.#callIdOf(delta);
    const call = id === undefined ? { toolName: name } : { toolName: name, toolCallId: id };
    return tell.notice({ type: 'tool_call.delta', ...position, index, name, ...call, delta: delta.delta });
  }

  /** As the history gives it when the response is there: servers use ids again. */
  #callIdOf({ index, id }: CallDelta): string | undefined {
    if (id === undefined) return undefined;
    this.#callIds ??= new Map();
    const known = this.#callIds.get(index);
    if (known !== undefined) return known;
    const free = this.#history.findFreeId(id, this.#callIds.size === 0 ? NO_IDS : new Set(this.#callIds.values()));
    this.#callIds.set(index, free);
    return free;
  }
}

/** What there is so far of an output that arrives in pieces. */
class PartialOutput {
  readonly #unwrap: (value: unknown) => unknown;
  #text = '';
  #emittedLength = 0;

  constructor(unwrap: (value: unknown) => unknown) {
    this.#unwrap = unwrap;
  }

  /** The output with this piece; `undefined` if there is nothing new to emit. */
  push(delta: string): Json | undefined {
    this.#text += delta;
    // The whole is read each time: a long text is emitted less often, so that its cost stays in proportion.
    if ((this.#text.length - this.#emittedLength) * STEPS < this.#text.length) return undefined;
    this.#emittedLength = this.#text.length;
    const value = this.#unwrap(parsePartialJson(this.#text.replace(/^\s*```\w*\s*\n/, '')));
    return value as Json | undefined; // JSON.parse gives nothing else.
  }
}

const STEPS = 64;
