import { History } from '../chat/history.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { EventType } from '../event/event.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { AttemptCounter, Exchange } from './exchange.ts';
import { forgettable, type Leavable, leavable } from './leavable.ts';
import type { Scope, Teller } from './scope.ts';

/** What middleware asks models beside the conversation: within the run's purse, retries and signal, and counted with its step. */
export class Aside {
  readonly #scope: Scope;
  readonly #turn: number;
  readonly #attempts: AttemptCounter;
  readonly #exchanges: Exchange[] = [];
  #within: Leavable | undefined;
  #isOver = false;

  /** @param attempts Of the step, where it asks models itself. */
  constructor(scope: Scope, turn: number, attempts: AttemptCounter = new AttemptCounter()) {
    this.#scope = scope;
    this.#turn = turn;
    this.#attempts = attempts;
  }

  ask(model: ChatModel, request: ChatRequest): Promise<ChatReply> {
    if (this.#isOver) return forgettable(Promise.reject(new Error('What had asked this is over.')));
    this.#within ??= leavable({ ...this.#scope, tell: attemptsOnly(this.#scope.tell) });
    const exchange = new Exchange(this.#within.scope, {
      turn: this.#turn,
      model,
      attempts: this.#attempts,
      history: History.empty(), // The run's history does not get what middleware asks.
    });
    this.#exchanges.push(exchange);
    return forgettable(exchange.call(request));
  }

  get usage(): Usage {
    return this.#exchanges.reduce((sum, exchange) => addUsage(sum, exchange.usage), NO_USAGE);
  }

  /** As a fact has it. */
  get counted(): { readonly aside?: Usage } {
    return this.#exchanges.length === 0 ? {} : { aside: this.usage };
  }

  /** Gives back what was reserved, once the fact was told that charges what was used; nothing is at work after this. */
  end(): void {
    this.#isOver = true;
    this.#within?.leave();
    for (const exchange of this.#exchanges) exchange.end();
  }
}

/** Every attempt is told; the pieces are not the conversation's. */
function attemptsOnly(tell: Teller): Teller {
  const told: readonly EventType[] = ['attempt.started', 'attempt.failed'];
  const isTold = (type: EventType): boolean => told.includes(type);
  return {
    ...tell,
    wants: (type) => isTold(type) && tell.wants(type),
    notice: (notice) => (isTold(notice.type) ? tell.notice(notice) : undefined),
  };
}
