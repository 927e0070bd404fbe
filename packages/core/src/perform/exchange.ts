import type { History } from '../chat/history.ts';
import { textOf } from '../chat/message.ts';
import type { ChatReply, Mend } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { FailedAttempt } from '../event/failed-attempt.ts';
import type { LimitName } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { DeltaEmitter } from './delta-emitter.ts';
import { ModelRequest } from './model-request.ts';
import type { Scope } from './scope.ts';

/** Numbers the attempts of a step, those of middleware's own requests among them: an event names its attempt by turn and number. */
export class AttemptCounter {
  #count = 0;

  get last(): number {
    return this.#count;
  }

  next(): number {
    this.#count++;
    return this.#count;
  }
}

export interface ExchangeOptions {
  readonly turn: number;
  readonly model: ChatModel;
  readonly attempts: AttemptCounter;
  /** Which ids are taken. */
  readonly history: History;
}

/** Which model gave a response, and what shortened it. */
export interface AnswerOrigin {
  readonly modelName: string;
  /** The limit that shortened the room of the response, where one did. */
  readonly clampedBy: LimitName | undefined;
}

/**
 * One turn's requests to the model. Middleware may ask several times, also at once; each request has a state of its own.
 *
 * The pieces of one request are emitted as they arrive: of the one that starts while no other is under way. If another response is
 * chosen, these pieces are discarded, and its text is emitted whole.
 */
export class Exchange {
  readonly #scope: Scope;
  readonly #options: ExchangeOptions;
  readonly #requests: ModelRequest[] = [];
  readonly #failed: FailedAttempt[] = [];
  readonly #emitter: DeltaEmitter;
  /** Whose pieces are emitted. */
  #emitted: ModelRequest | undefined;

  constructor(scope: Scope, options: ExchangeOptions) {
    this.#scope = scope;
    this.#options = options;
    this.#emitter = new DeltaEmitter(scope, options);
  }

  /** What all requests used, including what those may have used that were given up. */
  get usage(): Usage {
    return this.#requests.reduce((sum, request) => addUsage(sum, request.usage), NO_USAGE);
  }

  get failedAttempts(): readonly FailedAttempt[] {
    return this.#failed;
  }

  /** Asks, with all retries, and within the budget. What middleware wraps. */
  call(asked: ChatRequest): Promise<ChatReply> {
    const { turn, model, attempts } = this.#options;
    const isAlone = this.#requests.every(({ isSettled }) => isSettled);
    if (isAlone) this.#emitter.discard(); // Pieces of an earlier request.
    const request = new ModelRequest(asked, {
      scope: this.#scope,
      turn,
      model,
      nextAttempt: () => attempts.next(),
      emitter: isAlone ? this.#emitter : undefined,
      onFailedAttempt: (failed) => this.#failed.push(failed),
    });
    if (isAlone) this.#emitted = request;
    this.#requests.push(request);
    return request.send();
  }

  /** Releases what was reserved. Called when what was used is charged. */
  end(): void {
    for (const request of this.#requests) request.end();
  }

  /** Where a response comes from. One that middleware has made counts as the last request's. */
  findOrigin(reply: ChatReply): AnswerOrigin {
    const request = this.#findRequest(reply) ?? this.#requests.findLast(({ answer }) => answer !== undefined);
    return {
      modelName: request?.answer?.model.name ?? this.#options.model.name,
      clampedBy: request?.clampedBy,
    };
  }

  /**
   * Emits a text whose pieces were not emitted: of a model that answers whole, of a request beside another one, and of a response that
   * middleware has made.
   */
  tellWhole(reply: ChatReply): void {
    const request = this.#findRequest(reply);
    if (request !== undefined && request === this.#emitted && this.#emitter.hasEmitted) return;
    this.#emitter.discard();
    const text = textOf(reply.choices[0].message);
    if (text === '') return;
    this.#emitter.startAttempt(request?.attempt ?? this.#options.attempts.last);
    void this.#emitter.emit({ type: 'text', delta: text }); // Nothing to wait with.
  }

  tellMended(mends: readonly Mend[]): void {
    void this.#scope.tell.notice({ type: 'wire.mended', turn: this.#options.turn, mends }); // Nothing to wait with.
  }

  /** Voids the pieces that were emitted. */
  tellDiscarded(): void {
    this.#emitter.discard();
  }

  /** By its message: middleware may have changed other fields. */
  #findRequest({ choices: [{ message }] }: ChatReply): ModelRequest | undefined {
    const isAnswer = (request: ModelRequest | undefined): boolean => {
      return request?.answer?.reply.choices[0].message === message;
    };
    return isAnswer(this.#emitted) ? this.#emitted : this.#requests.find(isAnswer);
  }
}
