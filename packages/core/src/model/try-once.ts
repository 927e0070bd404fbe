import { LazySignal } from '../base/cancellation.ts';
import { type Deadline, type TimedWork, withDeadline } from '../base/deadline.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel, ModelContext } from './chat-model.ts';
import { TimeoutError } from './errors.ts';
import { memoOf, withMemo } from './request-memo.ts';

export interface TryOptions {
  readonly request: ChatRequest;
  readonly context: ModelContext;
  /** The time in which a reader is behind, or a wrapper holds the request back, does not count. */
  readonly timeoutMs: number;
}

/** One attempt at one model. Over at once on an abort or at its deadline; what the model tells later goes nowhere. */
export function tryOnce(model: ChatModel, { request, context, timeoutMs }: TryOptions): Promise<ChatReply> {
  const { clock } = context;
  const timeoutError = (): TimeoutError => attemptTimeout(model.name, timeoutMs);
  return withDeadline((timed) => model.send(request, new AttemptContext(context, timed)), {
    clock,
    signal: LazySignal.sourceOf(context),
    timeoutMs,
    timeoutError,
  });
}

/** What a model is told, and may tell, within one attempt. */
class AttemptContext extends LazySignal implements ModelContext {
  readonly clock: ModelContext['clock'];
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  // Its own, so that a copy has them.
  readonly onDelta: ModelContext['onDelta'];
  readonly onMended: ModelContext['onMended'];
  readonly waitFor: ModelContext['waitFor'];

  constructor(context: ModelContext, timed: TimedWork) {
    super(timed);
    withMemo(this, memoOf(context));
    this.clock = context.clock;
    this.runId = context.runId;
    this.path = context.path;
    this.traceparent = context.traceparent;
    const standStill = pausing(timed.deadline);
    const onDelta: ModelContext['onDelta'] = (delta) => {
      const caughtUp = timed.isOver ? undefined : context.onDelta(delta);
      return caughtUp && standStill(caughtUp);
    };
    const onMended: ModelContext['onMended'] = (mends) => void (timed.isOver || context.onMended(mends)); // Tells only.
    const waitFor: ModelContext['waitFor'] = (wait) => standStill(context.waitFor(wait));
    // Assigned by name: see `LazySignal`.
    this.onDelta = onDelta;
    this.onMended = onMended;
    this.waitFor = waitFor;
  }
}

function attemptTimeout(name: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `Model "${name}" had not answered in full after ${timeoutMs / 1000} s. If that is too short, raise attemptTimeoutMs.`,
    { phase: 'attempt', timeoutMs },
  );
}

/** Stands still while anything is waited for: a reader that is behind, a place in a queue. A model may tell several pieces without waiting. */
function pausing(deadline: Deadline): <T>(wait: Promise<T>) => Promise<T> {
  let waits = 0;
  return (wait) => {
    waits++;
    deadline.pause();
    return wait.finally(() => {
      waits--;
      if (waits === 0) deadline.resume();
    });
  };
}
