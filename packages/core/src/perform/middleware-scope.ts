import { Cancellation } from '../base/cancellation.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type {
  HandoffCompletedEvent,
  JournalEvent,
  ModelRespondedEvent,
  NestedRunUsage,
  OutputCheckedEvent,
  TurnPreparedEvent,
} from '../event/journal-event.ts';
import type { CompletedOutcome, PendingCall, UsageShare } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import { addUsageShares } from '../loop/shares.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { ChildRunOptions, RunChild, Runnable } from '../tool/runnable.ts';
import { createModelCallSpan, instrumentModelCall } from './instrumentation.ts';
import type { MiddlewareScope } from './middleware.ts';
import { AttemptCounter, ModelRequests } from './model-requests.ts';
import { createSpentFields } from './replay-runs.ts';
import type { EventSink, Scope } from './scope.ts';
import type { FailureEvent } from './step.ts';
import { StepCode } from './step-code.ts';

interface MiddlewareStep {
  readonly turn: number;
  readonly requests: MiddlewareRequests;
  /** The path segment of runs that the middleware begins: `model:3`. */
  readonly segment: string;
  /** @defaultValue the model of the agent */
  readonly model?: ChatModel;
}

/** Creates the scope that middleware gets in one step. */
export function createMiddlewareScope(
  { context, runId, path, cancellation, clock, getState, definition }: Scope,
  { turn, requests, segment, model = definition.model }: MiddlewareStep,
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
    run: requests.createRunChild(segment, { where: 'A middleware', isCall: segment.startsWith('wrap:') }),
  };
}

interface RunChildOptions {
  /** What the code belongs to, for error messages. */
  readonly where: string;
  /** Ends the runs earlier than the step. */
  readonly cancellation?: Cancellation;
  /** Whether the code is that of a call, or around it. @defaultValue false */
  readonly isCall?: boolean;
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
  #codes: Map<string, StepCode> | undefined;
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
      const fields = { origin: 'middleware', isCompacted: false, hasInstructions: false } as const;
      return { turn: this.#turn, model, request, ...fields, getUsage };
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

  /** The usage as the fields of an event; empty without requests and runs. */
  get usageFields(): NestedRunUsage & { readonly middlewareUsage?: Usage } {
    const own = this.#all === undefined ? {} : { middlewareUsage: this.usage };
    return this.#codes === undefined ? own : { ...own, ...this.spentFields };
  }

  /** What the runs inside have spent, as the fields of an event. */
  get spentFields(): NestedRunUsage {
    if (this.#codes === undefined) return {};
    const all = [...this.#codes.values()].map(({ usageFields }) => usageFields);
    return createSpentFields({
      usage: all.reduce((sum, each) => addUsage(sum, each.nestedUsage ?? NO_USAGE), NO_USAGE),
      usageBy: all.reduce<readonly UsageShare[]>((sum, { usageBy = [] }) => addUsageShares(sum, usageBy), []),
      toolCalls: all.reduce((sum, { nestedToolCallCount = 0 }) => sum + nestedToolCallCount, 0),
    });
  }

  /** Whether the code of the step has begun runs. */
  get hasRuns(): boolean {
    return this.#codes !== undefined;
  }

  /** The calls that wait in runs of the step. */
  get pending(): readonly PendingCall[] {
    return [...(this.#codes?.values() ?? [])].flatMap(({ pending }) => pending);
  }

  /** Creates `run` for code of the step. @param segment - the path segment of its runs */
  createRunChild(segment: string, { where, cancellation, isCall = false }: RunChildOptions): RunChild<never> {
    const run = (runnable: Runnable, input: unknown, options: ChildRunOptions): Promise<CompletedOutcome<unknown>> => {
      if (this.#hasEnded) return ignoreRejection(Promise.reject(new Error(STEP_ENDED)));
      this.#codes ??= new Map();
      const code =
        this.#codes.get(segment) ??
        new StepCode(this.#scope, { where, prefix: `${segment}/`, onOtherStep: 'repeat', isCall });
      this.#codes.set(segment, code);
      return code.run(runnable, input, { options, ...(cancellation !== undefined && { cancellation }) });
    };
    return run as RunChild<never>; // The types are those of the agent that is passed.
  }

  /** Ends the runs of the step: see `StepCode.finish`. */
  async finishRuns(): Promise<void> {
    for (const code of this.#codes?.values() ?? []) await code.finish();
  }

  /** Returns the error that the model reads about a run of the step that did not complete; any other error unchanged. */
  explain(error: unknown): unknown {
    return [...(this.#codes?.values() ?? [])].reduce((explained, code) => code.explain(explained), error);
  }

  /** Releases the reservations and cancels open requests. Called after the event has charged the usage. */
  end(): void {
    this.#hasEnded = true;
    this.#branch?.end();
    for (const requests of this.#all ?? []) requests.end();
  }
}

/** The run stops: a run that the middleware of a step began waits for an answer. The step is not recorded, and is done again after the answer. */
export class SuspendedStepError extends Error {
  override readonly name = 'SuspendedStepError';
  readonly pending: readonly PendingCall[];
  readonly spent: NestedRunUsage;

  /** What was recorded before in the same action. */
  readonly events: readonly JournalEvent[];

  constructor(
    { pending, spentFields }: Pick<MiddlewareRequests, 'pending' | 'spentFields'>,
    events: readonly JournalEvent[] = [],
  ) {
    super('A run inside waits for an answer.');
    this.pending = pending;
    this.spent = spentFields;
    this.events = events;
  }

  with(events: readonly JournalEvent[]): SuspendedStepError {
    return new SuspendedStepError({ pending: this.pending, spentFields: this.spent }, events);
  }
}

type StepResult = ModelRespondedEvent | TurnPreparedEvent | OutputCheckedEvent | HandoffCompletedEvent | FailureEvent;

/**
 * Makes the event of a step, and ends the runs that middleware began in it.
 *
 * @throws SuspendedStepError if one of them waits, whatever the middleware made of it
 */
export async function finishRuns<Event extends StepResult>(
  work: () => Promise<Event>,
  requests: MiddlewareRequests,
): Promise<Event> {
  const [settled] = await Promise.allSettled([work()]);
  if (requests.hasRuns) await requests.finishRuns();
  if (settled.status === 'rejected') throw settled.reason;
  const event = settled.value;
  if (!requests.hasRuns) return event;
  if (requests.pending.length > 0 && event.type !== 'run.aborted') throw new SuspendedStepError(requests);
  return { ...event, ...requests.spentFields };
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
