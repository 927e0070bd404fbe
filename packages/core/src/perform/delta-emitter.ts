import type { Delta } from '../chat/reply.ts';
import { PartialOutput } from './partial-output.ts';
import type { Scope } from './scope.ts';

type TextDelta = Extract<Delta, { readonly type: 'text' }>;

/** Emits the pieces of a turn's responses. They belong to one attempt at a time, so that pieces of parallel requests never mix. */
export class DeltaEmitter {
  readonly #scope: Scope;
  readonly #turn: number;
  #attempt = 0;
  /** Whether pieces of the present attempt were emitted. */
  #hasEmitted = false;
  /** Of the pieces that count. */
  #partial: PartialOutput | undefined;

  constructor(scope: Scope, turn: number) {
    this.#scope = scope;
    this.#turn = turn;
  }

  get hasEmitted(): boolean {
    return this.#hasEmitted;
  }

  startAttempt(attempt: number): void {
    this.#attempt = attempt;
    this.#hasEmitted = false;
    this.#partial = this.#newPartial();
  }

  /** A promise means: a reader is behind, go on when it resolves. */
  emit(delta: Delta): Promise<void> | undefined {
    this.#hasEmitted = true;
    const partial = delta.type === 'text' ? this.#emitPartial(delta) : undefined;
    return this.#emitDelta(delta) ?? partial;
  }

  /** Voids the pieces that were emitted. */
  discard(): void {
    if (!this.#hasEmitted) return;
    const attempt = this.#attempt;
    this.startAttempt(attempt);
    void this.#scope.tell.notice({ type: 'model.discarded', turn: this.#turn, attempt }); // Nothing to wait with.
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
    const type = delta.type === 'call' ? 'model.call' : (`model.${delta.type}` as const);
    if (!tell.wants(type)) return undefined;
    const position = { turn: this.#turn, attempt: this.#attempt };
    if (delta.type !== 'call') return tell.notice({ type: `model.${delta.type}`, ...position, delta: delta.delta });
    return tell.notice({ type: 'model.call', ...position, index: delta.index, name: delta.name, delta: delta.delta });
  }
}
