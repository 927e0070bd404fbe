import { Cancellation } from '../base/cancellation.ts';
import { isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { markOwn } from '../base/package-copy.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { Budget } from '../limits/budget.ts';
import { DurationExceededError } from '../limits/limits.ts';
import type { Delegate, Delegated, OuterRun } from '../perform/delegate.ts';
import { runInScope } from '../perform/perform.ts';
import type { Scope } from '../perform/scope.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import type { Schema } from '../schema/schema.ts';
import { describeTool, TOOL_HINTS, type Tool, type ToolOptions, tool } from '../tool/tool.ts';
import { begin } from './begin.ts';
import { type Blueprint, policyOf } from './blueprint.ts';
import { limitsOf, meterTeller } from './conduct.ts';

/** An agent as a tool of another. */
export interface AsToolOptions<Input, Context>
  extends Pick<
    ToolOptions<Input, Context>,
    'name' | 'description' | 'needsApproval' | 'preview' | 'approvalTimeoutMs' | 'maxInputRetries' | 'maxResultLength'
  > {
  /** What the calling model gives. @defaultValue an object with a text, `prompt` */
  readonly input?: Schema<Input>;
  /** What the agent is asked. @defaultValue the prompt, or the input as JSON */
  readonly prompt?: (input: NoInfer<Input>) => string | readonly Message[];
}

export function agentTool<Input, Context>(blueprint: Blueprint, given: AsToolOptions<Input, Context>): Tool<Context> {
  const {
    input = PROMPT as Schema<Input>,
    prompt,
    ...options
  } = checkOptions(given, AS_TOOL, describeTool(given, `Agent "${blueprint.name}", asTool`));
  const base = tool<Input, Context>({ ...options, input: input as never }); // Either kind of schema: `tool` asks which.
  const asked = prompt ?? ((given: Input) => promptOf(given));
  const delegate: Delegate = markOwn((given, outer) =>
    runWithin(blueprint, { messages: asked(given as Input), outer }),
  );
  return Object.freeze({ ...base, hasExternalResult: false, delegate });
}

const AS_TOOL: OptionTable<AsToolOptions<never, never>> = {
  keys: {
    name: 'any',
    description: 'text',
    needsApproval: ['boolean', 'function'],
    preview: 'function',
    approvalTimeoutMs: 'number',
    maxInputRetries: 'number',
    maxResultLength: 'number',
    input: 'any',
    prompt: 'function',
  },
  hints: {
    ...TOOL_HINTS,
    execute: 'An agent runs itself; "prompt" makes what it is asked from the input.',
    timeoutMs: 'The agent has its own: limits: { durationMs }.',
    effect: 'The tools of the agent have their own.',
    exclusive: 'The tools of the agent have their own.',
  },
};

const PROMPT = jsonSchema<unknown>(
  {
    type: 'object',
    properties: { prompt: { type: 'string', description: 'What the agent is to do, with all that it has to know.' } },
    required: ['prompt'],
    additionalProperties: false,
  },
  {
    validate: (value) => {
      if (isRecord(value) && typeof value['prompt'] === 'string') return { value };
      return { issues: [{ path: ['prompt'], message: 'expected string' }] };
    },
  },
);

function promptOf(input: unknown): string {
  if (isRecord(input) && Object.keys(input).length === 1 && typeof input['prompt'] === 'string') return input['prompt'];
  return stringifyWellFormed(input) ?? '';
}

interface Within {
  readonly messages: string | readonly Message[];
  readonly outer: OuterRun;
}

/** The same loop, with the host, the purse, the signal and the events of the run around it. */
async function runWithin(blueprint: Blueprint, { messages, outer }: Within): Promise<Delegated> {
  const { scope, end } = scopeWithin(blueprint, outer);
  const { clock, time, tell } = scope;
  try {
    const begun = await begin({ blueprint, scope, history: () => readInput(messages), definition: blueprint.digest() });
    const outcome = await runInScope(begun.scope, begun.state);
    const finished: JournalEvent = { type: 'run.finished', outcome, at: clock.now(), activeMs: time.activeMs };
    return { outcome, tellFinished: (how) => tell.fact(finished, how) };
  } finally {
    end();
  }
}

function scopeWithin(
  blueprint: Blueprint,
  { scope: outer, stepRunner, path }: OuterRun,
): { readonly scope: Scope; readonly end: () => void } {
  const { definition, random, settings, maxParallelToolCalls } = blueprint;
  const { clock } = outer;
  const limits = limitsOf(blueprint, {});
  const cancellation = new Cancellation(outer.cancellation);
  const budget = new Budget(limits, outer.budget);
  const onOver = (): void => cancellation.cancel(new DurationExceededError(limits.durationMs));
  const time = new ActiveTime(limits.durationMs, { clock, onExpire: onOver, outer: outer.time });
  const teller = outer.tellAt(path);
  const tell = meterTeller(teller, { budget, time });
  const scope: Scope = {
    ...outer,
    definition,
    policy: policyOf(blueprint, limits),
    settings,
    ownSettings: {},
    instructions: undefined,
    runId: outer.runId,
    said: () => [],
    path,
    memo: new Map(),
    cancellation,
    random,
    stepRunner,
    changes: new Map(),
    isFromBefore: tell.isFromBefore,
    maxParallelToolCalls,
    budget,
    time,
    tell,
  };
  const end = (): void => {
    time.end();
    cancellation.detach();
  };
  return { scope, end };
}
