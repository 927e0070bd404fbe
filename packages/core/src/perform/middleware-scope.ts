import { Cancellation } from '../base/cancellation.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { createModelCallSpan, instrumentModelCall } from './instrumentation.ts';
import type { MiddlewareScope } from './middleware.ts';
import { AttemptCounter, ModelRequests } from './model-requests.ts';
import type { EventSink, Scope } from './scope.ts';

interface MiddlewareStep {
  readonly turn: number;
  readonly requests: MiddlewareRequests;
  /** @defaultValue the model of the agent */
  readonly model?: ChatModel;
}

/** Creates the scope that middleware gets in one step. */
export function createMiddlewareScope(
  { context, runId, path, cancellation, clock, getState, definition }: Scope,
  { turn, requests, model = definition.model }: MiddlewareStep,
): MiddlewareScope<never> {
  const callModel: MiddlewareScope['callModel'] = (asked, request) => requests.send(asked, request);
  const { replacedMessages: earlier, filteredHistory, remembered } = getState();
  const replaced = filteredHistory === undefined ? earlier : [...earlier, ...filteredHistory.hiddenMessages];
  return {
    context,
    runId,
    path,
    state: remembered?.value,
    turn,
    model,
    signal: cancellation.signal,
    clock,
    replacedMessages: replaced,
    callModel,
  };
}

interface SentRequest {
  readonly request: ChatRequest;
  readonly requests: ModelRequests;
}

/** The model requests that middleware makes in one step: with the run's budget, retries and signal, and charged with the step. */
export class MiddlewareRequests {
  readonly #scope: Scope;
  readonly #turn: number;
  #attempts: AttemptCounter | undefined;
  #all: ModelRequests[] | undefined;
  #branch: ScopeBranch | undefined;
  #hasEnded = false;

  /** @param attempts The counter of the step, if the step makes requests itself. */
  constructor(scope: Scope, turn: number, attempts?: AttemptCounter) {
    this.#scope = scope;
    this.#turn = turn;
    this.#attempts = attempts;
  }

  send(model: ChatModel, request: ChatRequest): Promise<ChatResponse> {
    if (this.#hasEnded) return ignoreRejection(Promise.reject(new Error(STEP_ENDED)));
    this.#branch ??= branchScope({ ...this.#scope, events: emitOnlyAttempts(this.#scope.events) });
    this.#attempts ??= new AttemptCounter();
    const requests = new ModelRequests(this.#branch.scope, { turn: this.#turn, model, attempts: this.#attempts });
    this.#all = [...(this.#all ?? []), requests];
    return ignoreRejection(this.#sendInstrumented(model, { request, requests }));
  }

  async #sendInstrumented(model: ChatModel, { request, requests }: SentRequest): Promise<ChatResponse> {
    const span = createModelCallSpan(this.#scope, () => {
      const getUsage = (): Usage => requests.usage;
      return { turn: this.#turn, model, request, origin: 'middleware', isCompacted: false, getUsage };
    });
    if (span === undefined) return requests.send(request);
    requests.setCallSpan(span);
    const sent = await instrumentModelCall(this.#scope, span, async () => {
      const response = await requests.send(request);
      return { response, model: requests.findOrigin(response).model };
    });
    return sent.response;
  }

  get usage(): Usage {
    return (this.#all ?? []).reduce((sum, requests) => addUsage(sum, requests.usage), NO_USAGE);
  }

  /** The usage as the fields of an event; empty without requests. */
  get usageFields(): { readonly middlewareUsage?: Usage } {
    return this.#all === undefined ? {} : { middlewareUsage: this.usage };
  }

  /** Releases the reservations and cancels open requests. Called after the event has charged the usage. */
  end(): void {
    this.#hasEnded = true;
    this.#branch?.end();
    for (const requests of this.#all ?? []) requests.end();
  }
}

/** Drops reported repairs: they concern responses outside the conversation. Events of attempts pass. */
function emitOnlyAttempts(sink: EventSink): EventSink {
  return {
    ...sink,
    emitLiveEvent: (event) => (event.type === 'response.repaired' ? undefined : sink.emitLiveEvent(event)),
  };
}

export interface ScopeBranch {
  readonly scope: Scope;
  /** Cancels the open work of the branch. */
  readonly end: () => void;
}

/** Copies the scope with a cancellation of its own: middleware may end before the work that it started. */
export function branchScope(scope: Scope): ScopeBranch {
  const cancellation = new Cancellation(scope.cancellation);
  const end = (): void => {
    cancellation.detach();
    cancellation.cancel(new Error(STEP_ENDED));
  };
  return { scope: { ...scope, cancellation }, end };
}

const STEP_ENDED = 'The step that made this request has ended.';

/** Prevents an unhandled rejection if middleware does not await its request. */
export function ignoreRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
