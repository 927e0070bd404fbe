import { Cancellation } from '../base/cancellation.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { MiddlewareScope } from './middleware.ts';
import { AttemptCounter, ModelRequests } from './model-requests.ts';
import type { Scope, Teller } from './scope.ts';

interface MiddlewareStep {
  readonly turn: number;
  readonly requests: MiddlewareRequests;
  /** @defaultValue the agent's */
  readonly model?: ChatModel;
}

/** What middleware is given in one step. */
export function middlewareScope(
  { context, runId, path, cancellation, clock, known, definition }: Scope,
  { turn, requests, model = definition.model }: MiddlewareStep,
): MiddlewareScope<never> {
  const ask: MiddlewareScope['callModel'] = (asked, request) => requests.ask(asked, request);
  const { earlier, view } = known();
  const replaced = view === undefined ? earlier : [...earlier, ...view.hidden];
  return {
    context,
    runId,
    path,
    turn,
    model,
    signal: cancellation.signal,
    clock,
    replacedMessages: replaced,
    callModel: ask,
  };
}

/** What middleware asks models beside the conversation: within the run's budget, retries and signal, and counted with its step. */
export class MiddlewareRequests {
  readonly #scope: Scope;
  readonly #turn: number;
  #attempts: AttemptCounter | undefined;
  #all: ModelRequests[] | undefined;
  #branch: ScopeBranch | undefined;
  #isOver = false;

  /** @param attempts Of the step, if it makes requests itself. */
  constructor(scope: Scope, turn: number, attempts?: AttemptCounter) {
    this.#scope = scope;
    this.#turn = turn;
    this.#attempts = attempts;
  }

  ask(model: ChatModel, request: ChatRequest): Promise<ChatResponse> {
    if (this.#isOver) return ignoreRejection(Promise.reject(new Error(OVER)));
    this.#branch ??= branchScope({ ...this.#scope, tell: attemptsOnly(this.#scope.tell) });
    this.#attempts ??= new AttemptCounter();
    const requests = new ModelRequests(this.#branch.scope, { turn: this.#turn, model, attempts: this.#attempts });
    this.#all = [...(this.#all ?? []), requests];
    return ignoreRejection(requests.send(request));
  }

  get usage(): Usage {
    return (this.#all ?? []).reduce((sum, requests) => addUsage(sum, requests.usage), NO_USAGE);
  }

  /** As a fact has it. */
  get counted(): { readonly middlewareUsage?: Usage } {
    return this.#all === undefined ? {} : { middlewareUsage: this.usage };
  }

  /** Gives back what was reserved, once the fact was told that charges what was used. Nothing is at work after this. */
  end(): void {
    this.#isOver = true;
    this.#branch?.end();
    for (const requests of this.#all ?? []) requests.end();
  }
}

/** Every attempt is told; the pieces and repairs are not the conversation's. */
function attemptsOnly(tell: Teller): Teller {
  return { ...tell, notice: (notice) => (notice.type === 'response.repaired' ? undefined : tell.notice(notice)) };
}

export interface ScopeBranch {
  readonly scope: Scope;
  /** Cancels what is still at work in the branch. */
  readonly end: () => void;
}

/** The same scope, whose work can be cancelled while the run goes on: middleware may end before what it has begun. */
export function branchScope(scope: Scope): ScopeBranch {
  const cancellation = new Cancellation(scope.cancellation);
  const end = (): void => {
    cancellation.detach();
    cancellation.cancel(new Error(OVER));
  };
  return { scope: { ...scope, cancellation }, end };
}

const OVER = 'What had asked this is over.';

/** Prevents an unhandled rejection if middleware does not wait for what it has begun. */
export function ignoreRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
