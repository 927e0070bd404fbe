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
  const options = readGuardOptions(given, INPUT_GUARD, 'inputGuard');
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
    async wrapModelCall(request, next, scope) {
      const input = findInput(request.messages);
      if (input === undefined) return next(request);
      const work = (within: MiddlewareScope<Context>): ReturnType<typeof check> => check(input, within);
      const checking = runGuard({ ...guard, scope, verdicts: { allow: {} }, check: work });
      checking.catch(() => undefined); // Nobody waits for it where the request can't even begin.
      const replying = next(request);
      replying.catch(() => undefined); // The verdict counts first; who awaits the reply is told.
      await checking;
      return replying;
    },
  };
}

function guardBlocking<Context>({ check, ...guard }: OptionsOfMode<'blocking', Context>): Middleware<Context> {
  return {
    async prepareTurn(turn, scope) {
      const input = findInput(turn.messages);
      if (input === undefined) return turn;
      const work = (within: MiddlewareScope<Context>): ReturnType<typeof check> => check(input, within);
      const said = await runGuard({
        ...guard,
        scope,
        verdicts: { allow: {}, replace: { messages: 'list' } },
        check: work,
      });
      if (said.type === 'allow') return turn;
      return { ...turn, messages: replaceMessages(turn.messages, input.messages, said.messages), replaceHistory: true };
    },
  };
}

/** `undefined` where the user has said nothing since. */
function findInput(conversation: readonly Message[]): GuardedInput | undefined {
  const last = conversation.findLastIndex(({ role }) => role === 'assistant');
  const messages = conversation.slice(last + 1).filter((message) => message.role === 'user');
  return messages.length === 0 ? undefined : { messages, conversation };
}
