import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { getMessageText } from '../chat/message.ts';
import type { ChatResponse } from '../chat/response.ts';
import { parseOutput } from '../perform/check-output.ts';
import { type Middleware, type MiddlewareScope, RejectedResponse } from '../perform/middleware.ts';
import { type CompiledOutput, compileOutput } from '../schema/compile-output.ts';
import type { Schema } from '../schema/schema.ts';
import {
  checkGuardOptions,
  GUARD_KEYS,
  type GuardAllow,
  type GuardOptions,
  type GuardRefuse,
  readGuardOptions,
  runGuard,
} from './guard.ts';

/** The content that an output guard checks. */
export interface GuardedOutput<Value> {
  /** The model's text. */
  readonly text: string;
  /** The text as parsed by the guard's schema. Without a schema it is the text. */
  readonly value: Value;
}

/** Replaces the model's text. */
export interface GuardReplaceOutput {
  readonly type: 'replace';
  readonly text: string;
}

/**
 * Asks the model again with the reason, in a new turn. The conversation keeps the response and the reason, as it does for an invalid
 * output. No call of the response runs.
 */
export interface GuardRetry {
  readonly type: 'retry';
  readonly reason: string;
}

export type OutputGuardVerdict = GuardAllow | GuardRefuse | GuardReplaceOutput | GuardRetry;

export interface OutputGuardOptions<Context, Value> extends GuardOptions {
  readonly check: (
    output: GuardedOutput<Value>,
    scope: MiddlewareScope<Context>,
  ) => OutputGuardVerdict | Promise<OutputGuardVerdict>;
  /** The agent's output schema, so that the check gets the value. An invalid text is not checked: the loop asks for another output. */
  readonly output?: Schema<Value>;
  /**
   * How often in a row the guard may retry. Then its reason ends the run as `refused`.
   *
   * @defaultValue retries count against `maxOutputRetries` of the agent, with those of its output
   */
  readonly maxRetries?: number;
}

/**
 * Checks each text of the model before it ends the run or its calls run. The guard may replace the text, ask the model again, or end
 * the run as `refused`.
 *
 * A streamed response emits its deltas before the check; `attempt.discarded` withdraws them. A listener that must not show unchecked
 * text uses only `model.responded` events without `rejection`; `agent.hasTextGuard` says that it has to. Fails closed: a check that throws or exceeds its deadline fails the run
 * with a `GuardError`.
 *
 * @throws ConfigError if the guard has no name or no check, or JSON Schema cannot express its schema.
 */
export function outputGuard<Context = unknown, Value = string>(
  guard: OutputGuardOptions<Context, Value>,
): Middleware<Context> {
  const options = readGuardOptions(guard, OUTPUT_GUARD, 'outputGuard');
  checkGuardOptions('outputGuard', options, [options.check]);
  const { name, maxRetries, output } = options;
  if (maxRetries !== undefined && (!Number.isInteger(maxRetries) || maxRetries < 0)) {
    throw new ConfigError(`outputGuard "${name}": maxRetries is ${maxRetries}. Pass a whole number of 0 or more.`);
  }
  const compiled = output && compileOutput(output, `outputGuard "${name}", output`);
  return {
    isTextGuard: true,
    async wrapModelCall(request, next, scope) {
      const response = await next(request);
      const verdict = await checkOutputText(response, { ...options, compiled, scope });
      switch (verdict.type) {
        case 'allow':
          return response;
        case 'replace':
          return withText(response, verdict.text);
        case 'retry':
          throw new RejectedResponse(response, {
            guard: name,
            reason: verdict.reason,
            ...(maxRetries !== undefined && { maxRetries }),
          });
      }
    },
  };
}

const VERDICTS = { allow: {}, replace: { text: 'text' }, retry: { reason: 'text' } } as const;

const OUTPUT_GUARD: OptionTable<OutputGuardOptions<never, unknown>> = {
  keys: { ...GUARD_KEYS, check: 'any', output: 'any', maxRetries: 'number' },
  hints: {
    schema: 'The option is "output".',
    corrections: 'The option is "maxRetries".',
    retries: 'The option is "maxRetries".',
  },
};

interface OutputCheck<Context, Value> extends OutputGuardOptions<Context, Value> {
  readonly compiled: CompiledOutput | undefined;
  readonly scope: MiddlewareScope<Context>;
}

async function checkOutputText<Context, Value>(
  response: ChatResponse,
  { check, compiled, scope, name, timeoutMs }: OutputCheck<Context, Value>,
): Promise<Exclude<OutputGuardVerdict, GuardRefuse>> {
  const text = getMessageText(response.choices[0].message);
  if (text.trim() === '') return { type: 'allow' };
  const checkValue = async (within: MiddlewareScope<Context>): Promise<OutputGuardVerdict> => {
    // Without a schema the value is the text.
    const parsed = compiled === undefined ? { ok: true as const, value: text } : parseOutput(text);
    const result = parsed.ok && compiled !== undefined ? await compiled.validate(parsed.value) : parsed;
    return result.ok ? check({ text, value: result.value as Value }, within) : { type: 'allow' }; // The schema checked its type.
  };
  const guard = timeoutMs === undefined ? { name } : { name, timeoutMs };
  return runGuard({ ...guard, scope, verdicts: VERDICTS, check: checkValue });
}

function withText(response: ChatResponse, content: string): ChatResponse {
  const [choice, ...others] = response.choices;
  return { ...response, choices: [{ ...choice, message: { ...choice.message, content } }, ...others] };
}
