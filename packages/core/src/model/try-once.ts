import { withDeadline } from '../base/deadline.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel, ModelContext } from './chat-model.ts';
import { TimeoutError } from './errors.ts';

export interface TryOptions {
  readonly request: ChatRequest;
  readonly context: ModelContext;
  /** The time in which a reader is behind, or a wrapper holds the request back, does not count. */
  readonly timeoutMs: number;
}

/** One attempt at one model. Over at once on an abort or at its deadline; what the model tells later goes nowhere. */
export async function tryOnce(model: ChatModel, { request, context, timeoutMs }: TryOptions): Promise<ChatReply> {
  const { clock, runId, path, traceparent } = context;
  let isOver = false;
  const timeoutError = (): TimeoutError => attemptTimeout(model.name, timeoutMs);
  try {
    return await withDeadline(
      (signal, deadline) => {
        const hears = (): boolean => !isOver && !signal.aborted;
        const standStill = pausing({ pause: () => deadline.pause(), resume: () => hears() && deadline.resume() });
        const onDelta: ModelContext['onDelta'] = (delta) => {
          const caughtUp = hears() ? context.onDelta(delta) : undefined;
          return caughtUp && standStill(caughtUp);
        };
        const onMended: ModelContext['onMended'] = (mends) => void (hears() && context.onMended(mends)); // Tells only.
        const told = { onDelta, onMended, waitFor: standStill };
        return model.send(request, { signal, clock, runId, path, traceparent, ...told });
      },
      { clock, signal: context.signal, timeoutMs, timeoutError },
    );
  } finally {
    isOver = true;
  }
}

function attemptTimeout(name: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `Model "${name}" had not answered in full after ${timeoutMs / 1000} s. If that is too short, raise attemptTimeoutMs.`,
    { phase: 'attempt', timeoutMs },
  );
}

interface Pausable {
  pause(): void;
  resume(): void;
}

/** Stands still while anything is waited for: a reader that is behind, a place in a queue. A model may tell several pieces without waiting. */
function pausing(deadline: Pausable): <T>(wait: Promise<T>) => Promise<T> {
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
