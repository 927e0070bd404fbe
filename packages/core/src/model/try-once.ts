import { withDeadline } from '../base/deadline.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel, ModelContext } from './chat-model.ts';
import { TimeoutError } from './errors.ts';

export interface TryOptions {
  readonly request: ChatRequest;
  readonly context: ModelContext;
  /** The time in which a reader is behind does not count. */
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
        const onDelta: ModelContext['onDelta'] = pausing(
          { pause: () => deadline.pause(), resume: () => hears() && deadline.resume() },
          (delta) => (hears() ? context.onDelta(delta) : undefined),
        );
        const onMended: ModelContext['onMended'] = (mends) => void (hears() && context.onMended(mends)); // Tells only.
        return model.send(request, { signal, clock, runId, path, traceparent, onDelta, onMended });
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

/** Stands still while any reader is behind. A model may tell several pieces without waiting. */
function pausing(deadline: Pausable, onDelta: ModelContext['onDelta']): ModelContext['onDelta'] {
  let behind = 0;
  return (delta) => {
    const caughtUp = onDelta(delta);
    if (caughtUp === undefined) return undefined;
    behind++;
    deadline.pause();
    return caughtUp.finally(() => {
      behind--;
      if (behind === 0) deadline.resume();
    });
  };
}
