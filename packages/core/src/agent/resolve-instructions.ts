import { type Cancellation, untilCancelled } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { isCodeMistake } from '../event/describe-for-model.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { DurationReached } from '../limits/limits.ts';
import type { Conclusion } from '../loop/action.ts';
import { failure } from '../loop/failure.ts';
import { reasonText } from '../perform/step.ts';

/** As an agent has them: its context's type is checked where `Agent` is used. */
export type Instructions = string | ((context: never) => string | Promise<string>) | undefined;

export interface ResolveOptions {
  readonly context: unknown;
  readonly clock: Clock;
  /** The run's cap, which holds here as well. */
  readonly durationMs: number;
  readonly cancellation: Cancellation;
}

export type Resolved =
  | { readonly type: 'resolved'; readonly text: string | undefined }
  | { readonly type: 'ended'; readonly conclusion: Conclusion; readonly activeMs: number };

/** A function of the user's that throws fails the run, as data; neither an abort nor the run's time waits for it. */
export async function resolveInstructions(instructions: Instructions, options: ResolveOptions): Promise<Resolved> {
  if (typeof instructions !== 'function') return { type: 'resolved', text: textOrNone(instructions) };
  const { context, clock, durationMs, cancellation } = options;
  const onOver = (): void => cancellation.cancel(new DurationReached(durationMs));
  const time = new ActiveTime(durationMs, { clock, onOver });
  const ended = (conclusion: Conclusion): Resolved => ({ type: 'ended', conclusion, activeMs: time.activeMs });
  try {
    const text = await untilCancelled(cancellation, () => instructionsText(instructions, context as never));
    return { type: 'resolved', text };
  } catch (error) {
    if (!cancellation.isCancelled) return ended(failure(withContextHint(error, { instructions, context })));
    if (!(cancellation.reason instanceof DurationReached)) {
      return ended({ status: 'aborted', reason: reasonText(cancellation.reason) });
    }
    const { maxMs: max } = cancellation.reason;
    return ended({ status: 'limited', limit: 'durationMs', max, spent: Math.max(time.activeMs, max) });
  } finally {
    time.end();
  }
}

interface Asked {
  readonly instructions: (context: never) => unknown;
  readonly context: unknown;
}

/** From JavaScript an agent may be run, or resumed by a host, without the context that its instructions read. */
function withContextHint(error: unknown, { instructions, context }: Asked): unknown {
  if (context !== undefined || instructions.length === 0 || !isCodeMistake(error)) return error;
  return new ConfigError(
    `The instructions failed in a run without a context: ${error.message}. If they read one, pass it: agent.run(input, { context }).`,
    { cause: error },
  );
}

/** @throws ConfigError for what is no text. */
export async function instructionsText(instructions: Instructions, context: never): Promise<string | undefined> {
  if (typeof instructions !== 'function') return textOrNone(instructions);
  const text: unknown = await instructions(context);
  if (typeof text === 'string') return textOrNone(text);
  if (text === undefined || text === null) return undefined;
  throw new ConfigError(`instructions gave a value of type ${typeof text}. Give a string.`);
}

/** Servers refuse a system message that says nothing. */
function textOrNone(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
