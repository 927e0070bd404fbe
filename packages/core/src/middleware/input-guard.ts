import type { OptionTable } from '../base/options.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Middleware, MiddlewareScope } from '../perform/middleware.ts';
import { replaceMessages } from './conversation-parts.ts';
import {
  checkGuardOptions,
  GUARD_KEYS,
  type GuardAllow,
  type GuardOptions,
  type GuardRefuse,
  readGuardOptions,
  runGuard,
} from './guard.ts';

/** The content that an input guard checks. */
export interface GuardedInput {
  /** The user's messages since the model's last response. */
  readonly messages: readonly UserMessage[];
  /** The whole conversation, including `messages`. */
  readonly conversation: readonly Message[];
}

/** Replaces the user's messages permanently: the conversation no longer contains the originals. */
export interface GuardReplaceInput {
  readonly type: 'replace';
  readonly messages: readonly UserMessage[];
}

type Check<Verdict, Context> = (input: GuardedInput, scope: MiddlewareScope<Context>) => Verdict | Promise<Verdict>;

export type InputGuardOptions<Context> = GuardOptions &
  (
    | {
        /**
         * - `parallel`: checks during the model request, so it costs no time. The model sees refused content, but no tool is called
         *   before the verdict.
         * - `blocking`: checks before the model request. The verdict may replace the messages.
         *
         * @defaultValue 'parallel'
         */
        readonly mode?: 'parallel';
        readonly check: Check<GuardAllow | GuardRefuse, Context>;
      }
    | {
        readonly mode: 'blocking';
        readonly check: Check<GuardAllow | GuardRefuse | GuardReplaceInput, Context>;
      }
  );

/**
 * Checks new user messages in each turn. The guard may end the run as `refused`.
 *
 * Fails closed: a check that throws or exceeds its deadline fails the run with a `GuardError`.
 *
 * @throws ConfigError if the guard has no name or no check.
 */
export function inputGuard<Context = unknown>(guard: InputGuardOptions<Context>): Middleware<Context> {
  const options = readGuardOptions(guard, INPUT_GUARD, 'inputGuard');
  checkGuardOptions('inputGuard', options, [options.check]);
  return options.mode === 'blocking' ? guardBlocking(options) : guardInParallel(options);
}

const INPUT_GUARD: OptionTable<InputGuardOptions<never>> = {
  keys: { ...GUARD_KEYS, mode: { parallel: true, blocking: true }, check: 'any' },
  hints: {
    timing: 'The option is "mode": "parallel" or "blocking".',
    runInParallel: 'The option is "mode": "parallel" or "blocking".',
  },
};

type OptionsOfMode<Timing, Context> = Extract<InputGuardOptions<Context>, { readonly mode?: Timing }>;

function guardInParallel<Context>({ check, ...guard }: OptionsOfMode<'parallel', Context>): Middleware<Context> {
  return {
    isTextGuard: true, // A response to refused content is streamed before the verdict.
    async wrapModelCall(request, next, scope) {
      const input = findInput(request.messages);
      if (input === undefined) return next(request);
      const verdict = runGuard({
        ...guard,
        scope,
        verdicts: { allow: {} },
        check: (within: MiddlewareScope<Context>) => check(input, within),
      });
      verdict.catch(() => undefined); // Prevents an unhandled rejection if `next` throws synchronously.
      const response = next(request);
      response.catch(() => undefined); // Prevents an unhandled rejection while the verdict is pending; the caller gets the error.
      await verdict;
      return response;
    },
  };
}

function guardBlocking<Context>({ check, ...guard }: OptionsOfMode<'blocking', Context>): Middleware<Context> {
  return {
    async prepareTurn(turn, scope) {
      const input = findInput(turn.messages);
      if (input === undefined) return turn;
      const verdict = await runGuard({
        ...guard,
        scope,
        verdicts: { allow: {}, replace: { messages: 'list' } },
        check: (within: MiddlewareScope<Context>) => check(input, within),
      });
      if (verdict.type === 'allow') return turn;
      return {
        ...turn,
        messages: replaceMessages(turn.messages, input.messages, verdict.messages),
        replaceHistory: true,
      };
    },
  };
}

/** Finds the user's messages since the last response; `undefined` if there are none. */
function findInput(conversation: readonly Message[]): GuardedInput | undefined {
  const last = conversation.findLastIndex(({ role }) => role === 'assistant');
  const messages = conversation.slice(last + 1).filter((message) => message.role === 'user');
  return messages.length === 0 ? undefined : { messages, conversation };
}
