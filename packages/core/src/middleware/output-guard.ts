import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { getMessageText } from '../chat/message.ts';
import type { ChatResponse } from '../chat/response.ts';
import { parseOutput } from '../perform/check-output.ts';
import { type Middleware, type MiddlewareScope, RejectedResponse } from '../perform/middleware.ts';
import { type CompiledOutput, compileOutput } from '../schema/output.ts';
import type { Schema } from '../schema/schema.ts';
import {
  checkGuard,
  GUARD_BASICS,
  type GuardAllow,
  type GuardOptions,
  type GuardRefuse,
  readGuard,
  verdict,
} from './guard.ts';

/** What an output guard looks at. */
export interface GuardedOutput<Value> {
  /** As the model said it. */
  readonly text: string;
  /** What the guard's schema makes of it; without one the text. */
  readonly value: Value;
}

/** Another text stands in the place of the model's. */
export interface GuardReplaceOutput {
  readonly type: 'replace';
  readonly text: string;
}

/**
 * The model is asked again, and told why, in a turn of its own. The response and the reason are part of the conversation, as a
 * correction of the output's form is; none of the response's calls runs.
 */
export interface GuardRetry {
  /** `again` is the older name. */
  readonly type: 'retry';
  readonly reason: string;
}

export type OutputGuardVerdict = GuardAllow | GuardRefuse | GuardReplaceOutput | GuardRetry;

export interface OutputGuardOptions<Context, Value> extends GuardOptions {
  readonly check: (
    output: GuardedOutput<Value>,
    scope: MiddlewareScope<Context>,
  ) => OutputGuardVerdict | Promise<OutputGuardVerdict>;
  /** The agent's output schema, for a check of its value. A text that does not fit is not checked: it is no output yet. */
  readonly output?: Schema<Value>;
  /** How often in a row this guard may have the model asked again; then its reason refuses the run. @defaultValue 1 */
  readonly maxRetries?: number;
}

/**
 * Checks every text of the model before it ends the run or its calls run. The guard may replace it, have the model asked again, or
 * end the run as `refused`.
 *
 * Pieces of a streamed response are emitted before it is whole; `attempt.discarded` takes them back. A listener that must not show them uses
 * `model.responded` alone, where `rejection` is absent. Fails closed: a check that throws or takes too long fails the run, with a
 * `GuardError`.
 *
 * @throws ConfigError for a guard without a name or a check, and for a schema that JSON Schema can't express.
 */
export function outputGuard<Context = unknown, Value = string>(
  given: OutputGuardOptions<Context, Value>,
): Middleware<Context> {
  const options = readGuard(given, OUTPUT_GUARD, 'outputGuard');
  checkGuard('outputGuard', options, [options.check]);
  const { name, maxRetries = 1, output } = options;
  if (!Number.isInteger(maxRetries) || maxRetries < 0) {
    throw new ConfigError(`outputGuard "${name}": maxRetries is ${maxRetries}. Pass a whole number of 0 or more.`);
  }
  const compiled = output && compileOutput(output, `outputGuard "${name}", output`);
  return {
    async wrapModelCall(request, next, scope) {
      const reply = await next(request);
      const said = await checked(reply, { ...options, compiled, scope });
      switch (said.type) {
        case 'allow':
          return reply;
        case 'replace':
          return withText(reply, said.text);
        case 'retry':
          throw new RejectedResponse(reply, { guard: name, reason: said.reason, maxRetries });
      }
    },
  };
}

const ALLOWED = { allow: {}, replace: { text: 'text' }, retry: { reason: 'text' } } as const;

const OUTPUT_GUARD: OptionTable<OutputGuardOptions<never, unknown>> = {
  keys: { ...GUARD_BASICS, check: 'any', output: 'any', maxRetries: 'number' },
  hints: {
    schema: 'The option is "output".',
    corrections: 'The option is "maxRetries".',
    retries: 'The option is "maxRetries".',
  },
};

interface CheckResult<Context, Value> extends OutputGuardOptions<Context, Value> {
  readonly compiled: CompiledOutput | undefined;
  readonly scope: MiddlewareScope<Context>;
}

async function checked<Context, Value>(
  reply: ChatResponse,
  { check, compiled, scope, name, timeoutMs }: CheckResult<Context, Value>,
): Promise<Exclude<OutputGuardVerdict, GuardRefuse>> {
  const text = getMessageText(reply.choices[0].message);
  if (text.trim() === '') return { type: 'allow' };
  const work = async (within: MiddlewareScope<Context>): Promise<OutputGuardVerdict> => {
    // Without a schema the value is the text.
    const parsed = compiled === undefined ? { ok: true as const, value: text } : parseOutput(text);
    const read = parsed.ok && compiled !== undefined ? await compiled.validate(parsed.value) : parsed;
    return read.ok ? check({ text, value: read.value as Value }, within) : { type: 'allow' }; // By its schema.
  };
  const guard = timeoutMs === undefined ? { name } : { name, timeoutMs };
  return verdict({ ...guard, scope, allowed: ALLOWED, work });
}

function withText(reply: ChatResponse, content: string): ChatResponse {
  const [choice, ...others] = reply.choices;
  return { ...reply, choices: [{ ...choice, message: { ...choice.message, content } }, ...others] };
}
