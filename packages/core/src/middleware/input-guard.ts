import type { OptionTable } from '../base/options.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Middleware, MiddlewareScope } from '../perform/middleware.ts';
import { replaceMessages } from './conversation-parts.ts';
import {
  checkGuard,
  GUARD_BASICS,
  type GuardAllow,
  type GuardOptions,
  type GuardRefuse,
  readGuard,
  verdict,
} from './guard.ts';

/** What an input guard looks at. */
export interface GuardedInput {
  /** What the user said since the model's last word. */
  readonly messages: readonly UserMessage[];
  /** Everything so far, these included. */
  readonly conversation: readonly Message[];
}

/** Other messages stand in the place of the user's, for good: nobody sees them any more. */
export interface GuardReplaceInput {
  readonly type: 'replace';
  readonly messages: readonly UserMessage[];
}

type Check<Verdict, Context> = (input: GuardedInput, scope: MiddlewareScope<Context>) => Verdict | Promise<Verdict>;

export type InputGuardOptions<Context> = GuardOptions &
  (
    | {
        /**
         * `parallel`: while the model is asked, so that it costs no time; the model has seen what is refused, and nothing else has:
         * no tool is called before the verdict. `blocking`: nothing is sent before the verdict, which may replace the messages.
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
 * Looks at what the user says, in each turn that has something new of them, and may end the run as `refused`.
 *
 * Fails closed: a check that throws or takes too long fails the run, with a `GuardError`.
 *
 * @throws ConfigError for a guard without a name or a check.
 */
export function inputGuard<Context = unknown>(given: InputGuardOptions<Context>): Middleware<Context> {
  const options = readGuard(given, INPUT_GUARD, 'inputGuard');
  checkGuard('inputGuard', options, [options.check]);
  return options.mode === 'blocking' ? guardBlocking(options) : guardInParallel(options);
}

const INPUT_GUARD: OptionTable<InputGuardOptions<never>> = {
  keys: { ...GUARD_BASICS, mode: { parallel: true, blocking: true }, check: 'any' },
  hints: {
    timing: 'The option is "mode": "parallel" or "blocking".',
    runInParallel: 'The option is "mode": "parallel" or "blocking".',
  },
};

type Timed<Timing, Context> = Extract<InputGuardOptions<Context>, { readonly mode?: Timing }>;

function guardInParallel<Context>({ check, ...guard }: Timed<'parallel', Context>): Middleware<Context> {
  return {
    async wrapModelCall(request, next, scope) {
      const input = inputOf(request.messages);
      if (input === undefined) return next(request);
      const work = (within: MiddlewareScope<Context>): ReturnType<typeof check> => check(input, within);
      const checking = verdict({ ...guard, scope, allowed: { allow: {} }, work });
      checking.catch(() => undefined); // Nobody waits for it where the request can't even begin.
      const replying = next(request);
      replying.catch(() => undefined); // The verdict counts first; who awaits the reply is told.
      await checking;
      return replying;
    },
  };
}

function guardBlocking<Context>({ check, ...guard }: Timed<'blocking', Context>): Middleware<Context> {
  return {
    async prepareTurn(turn, scope) {
      const input = inputOf(turn.messages);
      if (input === undefined) return turn;
      const work = (within: MiddlewareScope<Context>): ReturnType<typeof check> => check(input, within);
      const said = await verdict({ ...guard, scope, allowed: { allow: {}, replace: { messages: 'list' } }, work });
      if (said.type === 'allow') return turn;
      return { ...turn, messages: replaceMessages(turn.messages, input.messages, said.messages), replaceHistory: true };
    },
  };
}

/** `undefined` where the user has said nothing since. */
function inputOf(conversation: readonly Message[]): GuardedInput | undefined {
  const last = conversation.findLastIndex(({ role }) => role === 'assistant');
  const messages = conversation.slice(last + 1).filter((message) => message.role === 'user');
  return messages.length === 0 ? undefined : { messages, conversation };
}
