import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { textOf } from '../chat/message.ts';
import type { ChatReply } from '../chat/reply.ts';
import { parseOutput } from '../perform/check-output.ts';
import { type Middleware, type MiddlewareScope, RejectedResponse } from '../perform/middleware.ts';
import { type CompiledOutput, compileOutput } from '../schema/output.ts';
import type { Schema } from '../schema/schema.ts';
import { checkGuard, GUARD_BASICS, type GuardBasics, type Pass, type Refuse, readGuard, verdict } from './guard.ts';

/** What an output guard looks at. */
export interface GuardedOutput<Value> {
  /** As the model said it. */
  readonly text: string;
  /** What the guard's schema makes of it; without one the text. */
  readonly value: Value;
}

/** Another text stands in the place of the model's. */
export interface ReplaceOutput {
  readonly type: 'replace';
  readonly text: string;
}

/**
 * The model is asked again, and told why, in a turn of its own. The response and the reason are part of the conversation, as a
 * correction of the output's form is; none of the response's calls runs.
 */
export interface AskOnceMore {
  /** `again` is the older name. */
  readonly type: 'retry' | 'again';
  readonly reason: string;
}

export type OutputVerdict = Pass | Refuse | ReplaceOutput | AskOnceMore;

export interface OutputGuardOptions<Context, Value> extends GuardBasics {
  readonly check: (
    output: GuardedOutput<Value>,
    scope: MiddlewareScope<Context>,
  ) => OutputVerdict | Promise<OutputVerdict>;
  /** The agent's output schema, for a check of its value. A text that does not fit is not checked: it is no output yet. */
  readonly output?: Schema<Value>;
  /** How often in a row this guard may have the model asked again; then its reason refuses the run. @defaultValue 1 */
  readonly corrections?: number;
}

/**
 * Checks every text of the model before it ends the run or its calls run. The guard may replace it, have the model asked again, or
 * end the run as `refused`.
 *
 * Pieces of a streamed response are emitted before it is whole; `model.discarded` takes them back. A listener that must not show them uses
 * `model.replied` alone, where `rejection` is absent. Fails closed: a check that throws or takes too long fails the run, with a
 * `GuardError`.
 *
 * @throws ConfigError for a guard without a name or a check, and for a schema that JSON Schema can't express.
 */
export function outputGuard<Context = unknown, Value = string>(
  given: OutputGuardOptions<Context, Value>,
): Middleware<Context> {
  const options = readGuard(given, OUTPUT_GUARD, 'outputGuard');
  checkGuard('outputGuard', options, [options.check]);
  const { name, corrections = 1, output } = options;
  if (!Number.isInteger(corrections) || corrections < 0) {
    throw new ConfigError(`outputGuard "${name}": corrections is ${corrections}. Pass a whole number of 0 or more.`);
  }
  const compiled = output && compileOutput(output, `outputGuard "${name}", output`);
  return {
    async model(request, next, scope) {
      const reply = await next(request);
      const said = await checked(reply, { ...options, compiled, scope });
      switch (said.type) {
        case 'pass':
          return reply;
        case 'replace':
          return withText(reply, said.text);
        case 'retry':
        case 'again':
          throw new RejectedResponse(reply, { guard: name, reason: said.reason, maxRetries: corrections });
      }
    },
  };
}

const ALLOWED = { pass: {}, replace: { text: 'text' }, retry: { reason: 'text' }, again: { reason: 'text' } } as const;

const OUTPUT_GUARD: OptionTable<OutputGuardOptions<never, unknown>> = {
  keys: { ...GUARD_BASICS, check: 'any', output: 'any', corrections: 'number' },
  hints: {
    schema: 'The option is "output".',
    maxRetries: 'The option is "corrections".',
    retries: 'The option is "corrections".',
  },
};

interface Checked<Context, Value> extends OutputGuardOptions<Context, Value> {
  readonly compiled: CompiledOutput | undefined;
  readonly scope: MiddlewareScope<Context>;
}

async function checked<Context, Value>(
  reply: ChatReply,
  { check, compiled, scope, name, timeoutMs }: Checked<Context, Value>,
): Promise<Exclude<OutputVerdict, Refuse>> {
  const text = textOf(reply.choices[0].message);
  if (text.trim() === '') return { type: 'pass' };
  const work = async (within: MiddlewareScope<Context>): Promise<OutputVerdict> => {
    // Without a schema the value is the text.
    const parsed = compiled === undefined ? { ok: true as const, value: text } : parseOutput(text);
    const read = parsed.ok && compiled !== undefined ? await compiled.validate(parsed.value) : parsed;
    return read.ok ? check({ text, value: read.value as Value }, within) : { type: 'pass' }; // By its schema.
  };
  const guard = timeoutMs === undefined ? { name } : { name, timeoutMs };
  return verdict({ ...guard, scope, allowed: ALLOWED, work });
}

function withText(reply: ChatReply, content: string): ChatReply {
  const [choice, ...others] = reply.choices;
  return { ...reply, choices: [{ ...choice, message: { ...choice.message, content } }, ...others] };
}
