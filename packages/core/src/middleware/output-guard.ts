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
  /**
   * Also checks a streamed text while it arrives, each time it has grown by this many characters: `check` gets the text so far, and
   * reading continues after its verdict. `refuse` and `retry` stop the response and discard what was emitted; `replace` waits for the whole
   * text. Cannot be combined with `output`.
   *
   * @defaultValue only the whole text is checked
   */
  readonly every?: number;
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
  checkEvery(options);
  const compiled = output && compileOutput(output, `outputGuard "${name}", output`);
  return {
    isTextGuard: true,
    async wrapModelCall(request, next, scope) {
      const onText = createTextCheck({ ...options, compiled, scope });
      const response = await next(request, ...(onText === undefined ? [] : [{ onText }]));
      const verdict = await checkOutputText(response, { ...options, compiled, scope });
      switch (verdict.type) {
        case 'allow':
          return response;
        case 'replace':
          return withText(response, verdict.text);
        case 'retry':
          throw rejectResponse(response, { ...options, reason: verdict.reason });
      }
    },
  };
}

const VERDICTS = { allow: {}, replace: { text: 'text' }, retry: { reason: 'text' } } as const;

const OUTPUT_GUARD: OptionTable<OutputGuardOptions<never, unknown>> = {
  keys: { ...GUARD_KEYS, check: 'any', every: 'number', output: 'any', maxRetries: 'number' },
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

function checkEvery({
  name,
  every,
  output,
}: Pick<OutputGuardOptions<never, never>, 'name' | 'every'> & { readonly output?: unknown }): void {
  if (every === undefined) return;
  if (!Number.isInteger(every) || every < 1) {
    throw new ConfigError(`outputGuard "${name}": every is ${every}. Pass a whole number of characters above 0.`);
  }
  if (output === undefined) return;
  throw new ConfigError(
    `outputGuard "${name}" has both every and output, but a text that is not complete has no value. Remove one of them.`,
  );
}

/** Creates the check of a text that arrives; `undefined` if only the whole text is checked. */
function createTextCheck<Context, Value>(
  guard: OutputCheck<Context, Value>,
): ((text: string) => Promise<void> | undefined) | undefined {
  const { every } = guard;
  if (every === undefined) return undefined;
  let checkedLength = 0;
  return (text) => {
    if (text.length < checkedLength) checkedLength = 0; // Another attempt has begun.
    if (text.length - checkedLength < every) return undefined;
    checkedLength = text.length;
    return checkPartialText(text, guard);
  };
}

async function checkPartialText<Context, Value>(text: string, guard: OutputCheck<Context, Value>): Promise<void> {
  const response: ChatResponse = {
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  };
  const verdict = await checkOutputText(response, guard);
  if (verdict.type === 'retry') throw rejectResponse(response, { ...guard, reason: verdict.reason });
}

function rejectResponse(
  response: ChatResponse,
  {
    name,
    reason,
    maxRetries,
  }: Pick<OutputGuardOptions<never, never>, 'name' | 'maxRetries'> & { readonly reason: string },
): RejectedResponse {
  return new RejectedResponse(response, { guard: name, reason, ...(maxRetries !== undefined && { maxRetries }) });
}

function withText(response: ChatResponse, content: string): ChatResponse {
  const [choice, ...others] = response.choices;
  return { ...response, choices: [{ ...choice, message: { ...choice.message, content } }, ...others] };
}
