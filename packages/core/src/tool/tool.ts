import { ConfigError } from '../base/errors.ts';
import { isRecord, type Json } from '../base/json.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { shorten } from '../base/text.ts';
import type { CustomToolObject, FunctionObject } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { linkedReport } from '../schema/linked-report.ts';
import { toObjectRoot } from '../schema/object-root.ts';
import { resolvePointer } from '../schema/pointer.ts';
import { compileSchema, type Schema, type StandardSchema, type Validated, type ZodSchema } from '../schema/schema.ts';
import type { StrictReason } from '../schema/strict-reason.ts';

/** What repeating a tool would do: nothing; nothing with the same `idempotencyKey`; harm, so it is never repeated. */
export type Effect = 'read' | 'idempotent' | 'non-idempotent';

/** What `execute` gets beside its input. */
export interface ToolContext<Context = unknown> {
  /** Aborted at the tool's deadline and when the run ends. */
  readonly signal: AbortSignal;
  /** The application's value, as it was handed to `agent.run`. */
  readonly context: Context;
  readonly toolCallId: string;
  /** The same for every attempt at this call, also after a crash. */
  readonly idempotencyKey: string;
  readonly runId: string;
  /** Where in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** The W3C trace context header to pass on, where the caller gave one. */
  readonly traceparent: string | undefined;
  /** Tells listeners how far it is (`tool.progress`). May be lost; the model does not see it. */
  progress(progress: Json): void;
}

export interface ToolOptions<Input, Context = unknown, Output = unknown> {
  /** Letters, digits, `_` and `-`, 64 at most; what the model calls. */
  readonly name: string;
  /** Tells the model what the tool does and when to use it. A tool without one is known by its name and parameters alone. */
  readonly description?: string | undefined;
  /** @defaultValue 'non-idempotent' */
  readonly effect?: Effect;
  /**
   * A hash of the whole definition of a tool that is defined outside the application, by a server of tools: approvals hold for this
   * definition alone.
   *
   * @defaultValue a hash of input schema and effect
   */
  readonly definitionHash?: string;
  /**
   * Does the work. What it returns is the tool's value; the model reads it as bounded text. Without one each call waits for
   * an answer from outside: `host.answer(runId, pendingId, { type: 'result', fingerprint, value })`.
   */
  readonly execute?: (input: NoInfer<Input>, context: ToolContext<Context>) => Output;
  /**
   * Makes of an answer from outside (`reply`) what the model reads. A `ToolError` that it throws is what the model is told instead: the
   * answer was none. Must be pure.
   *
   * @defaultValue the value as it is
   */
  readonly parseExternalResult?: (value: Json, input: NoInfer<Input>) => unknown;
  /**
   * Answers in place of `execute` for a call that a crash left open, where the tool has effect `non-idempotent`: looks whether it had its
   * effect. What it returns or throws is the call's result. Must be harmless to repeat. `'ask'` suspends the run for a
   * person, who lets it run again, says what came of it, or does neither.
   *
   * @defaultValue the model is told that the outcome is unknown
   */
  readonly onUnknownOutcome?: 'ask' | ((input: NoInfer<Input>, context: ToolContext<Context>) => unknown);
  /** Whether a person has to agree to a call. A function that throws counts as yes. @defaultValue false */
  readonly needsApproval?:
    | boolean
    | ((input: NoInfer<Input>, context: ToolContext<Context>) => boolean | Promise<boolean>);
  /** What a person is shown who has to agree: a diff, a command line. Must be harmless. */
  readonly preview?: (input: NoInfer<Input>, context: ToolContext<Context>) => Json | Promise<Json>;
  /** How long a call waits for somebody outside, in milliseconds, from when that is asked. Then it counts as denied. @defaultValue no end */
  readonly approvalTimeoutMs?: number;
  /** Never beside another call of the same turn. @defaultValue false */
  readonly exclusive?: boolean;
  /** Deadline in milliseconds. @defaultValue 60_000 */
  readonly timeoutMs?: number;
  /** How many turns in a row may bring arguments that do not pass, before the run ends `failed`. @defaultValue 2 */
  readonly maxInputRetries?: number;
  /** The most characters of a result that the model reads. @defaultValue 65_536 */
  readonly maxResultLength?: number;
  /**
   * Whether servers that can hold the model to the schema (`strict`) are asked to. `true` makes it a mistake where the
   * schema has no strict form.
   *
   * @defaultValue where it has one: see `strictReport`
   */
  readonly strict?: boolean;
}

/** Of all tools, whatever their input is. */
export const TOOL_BASICS: OptionTable<ToolOptions<never>>['keys'] = {
  name: 'any',
  description: 'any',
  effect: { read: true, idempotent: true, 'non-idempotent': true },
  definitionHash: 'text',
  execute: 'any',
  parseExternalResult: 'function',
  onUnknownOutcome: [{ ask: true }, 'function'],
  needsApproval: ['boolean', 'function'],
  preview: 'function',
  approvalTimeoutMs: 'number',
  exclusive: 'boolean',
  timeoutMs: 'number',
  maxInputRetries: 'number',
  maxResultLength: 'number',
  strict: 'boolean',
};

const INPUT = 'The option is "input": a zod schema, or jsonSchema(…).';
const EXECUTE = 'The option is "execute": (input, context) => ….';
const APPROVAL = 'The option is "needsApproval".';

export const TOOL_HINTS: Readonly<Record<string, string>> = {
  parameters: INPUT,
  inputSchema: INPUT,
  schema: INPUT,
  argsSchema: INPUT,
  args: INPUT,
  func: EXECUTE,
  fn: EXECUTE,
  handler: EXECUTE,
  run: EXECUTE,
  invoke: EXECUTE,
  callback: EXECUTE,
  implementation: EXECUTE,
  approval: APPROVAL,
  requireApproval: APPROVAL,
  requiresApproval: APPROVAL,
  confirm: APPROVAL,
  readOnly: 'The option is "effect": effect: "read".',
  idempotent: 'The option is "effect": effect: "idempotent".',
  corrections: 'The option is "maxInputRetries".',
  retry: 'Wrap the tool: withToolRetry([tool], { … }).',
  retries: 'Wrap the tool: withToolRetry([tool], { … }).',
  maxRetries: 'Wrap the tool: withToolRetry([tool], { … }).',
};

/** `asTool` has none of these. */
export const OUTCOME_HINTS: Readonly<Record<string, string>> = {
  inDoubt: 'The option is "onUnknownOutcome".',
  readReply: 'The option is "parseExternalResult".',
};

const TOOL: OptionTable<ToolOptions<never> & { readonly input: Schema }> = {
  keys: { ...TOOL_BASICS, input: 'any' },
  hints: { ...TOOL_HINTS, ...OUTCOME_HINTS, format: 'It is an option of customTool.' },
};

/** What a tool has that is no option. */
const TOOL_FIELDS: Readonly<Record<Exclude<keyof Tool, keyof ToolOptions<never> | '~types'>, true>> = {
  functionObject: true,
  customObject: true,
  jsonSchema: true,
  strictReport: true,
  validate: true,
  hasExternalResult: true,
  handoffTo: true,
  delegate: true,
};

/** A tool with another input may be made from one that there is: `tool({ ...other, input })`. */
export function withoutToolFields<Options extends object>(given: Options): Options {
  if (typeof given !== 'object' || given === null || !('functionObject' in given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(TOOL_FIELDS, name))) as Options; // The same without them.
}

/** For errors about the options of a tool, which need not have a name. */
export function whereOf(options: { readonly name?: unknown } | undefined, maker = 'tool()'): string {
  const name: unknown = options?.name;
  return typeof name === 'string' ? `Tool "${shorten(name, 80)}"` : maker;
}

/**
 * A tool, ready to be called. Immutable data: a wrapper is `{ ...tool, name: 'other' }`. Made by `tool()`.
 *
 * `Input` is what `execute` gets, `Output` what it gives.
 */
export interface Tool<in Context = never, out Input = unknown, out Output = unknown> {
  readonly name: string;
  readonly description?: string;
  readonly effect: Effect;
  /** Of a tool that is defined outside the application. */
  readonly definitionHash?: string;
  readonly exclusive: boolean;
  readonly timeoutMs: number;
  readonly maxInputRetries: number;
  readonly maxResultLength: number;
  readonly approvalTimeoutMs: number;
  /** What goes to the server; for a custom tool, to a server that knows functions only. */
  readonly functionObject: FunctionObject;
  /** Of custom tools: what goes to servers that know them. */
  readonly customObject?: CustomToolObject['custom'];
  /** The input's JSON Schema as it is sent: one object, also where the schema is a union of several. */
  readonly jsonSchema: JsonSchema;
  /** Why the schema has no strict form. Where it has one, notes alone (`isNote`): what it does not take. */
  readonly strictReport: readonly StrictReason[];
  /** Nothing but an object passes. */
  readonly validate: (value: unknown) => Promise<Validated>;
  // The input of the next five was checked by `validate`. `any`, since an agent holds tools of different inputs.
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly execute: (input: any, context: ToolContext<Context>) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly onUnknownOutcome?: 'ask' | ((input: any, context: ToolContext<Context>) => unknown);
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly needsApproval: boolean | ((input: any, context: ToolContext<Context>) => boolean | Promise<boolean>);
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly preview?: (input: any, context: ToolContext<Context>) => Json | Promise<Json>;
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly parseExternalResult?: (value: Json, input: any) => unknown;
  /** Whether each call waits for an answer from outside, since there was no `execute`. */
  readonly hasExternalResult: boolean;
  /** Of hand-offs: the name of the agent that the conversation goes over to. */
  readonly handoffTo?: string;
  /** Of agents as tools: runs the agent inside the run. The loop knows what it is given. */
  readonly delegate?: (input: never, around: never) => Promise<unknown>;
  /** Never there: for the types only. */
  readonly '~types'?: { readonly input: Input; readonly output: Output };
}

/** What a tool's `execute` gets: the arguments, as its schema made them. */
export type InferToolInput<T> = T extends Tool<never, infer Input, unknown> ? Input : never;

/** What a tool's `execute` gives, when it has settled. */
export type InferToolOutput<T> = T extends Tool<never, unknown, infer Output> ? Output : never;

/**
 * Defines something that a model can call. The schema is converted here, once.
 *
 * @throws ConfigError naming the tool, the path and the fix, where the definition can't work.
 */
export function tool<Input, Context = unknown, Output = unknown>(
  options: ToolOptions<Input, Context, Output> & {
    /** An object schema of zod 4; what `execute` gets is inferred from it. */
    readonly input: ZodSchema<Input>;
  },
): Tool<Context, Input, Awaited<Output>>;
export function tool<Input, Context = unknown, Output = unknown>(
  options: ToolOptions<Input, Context, Output> & {
    /** An object schema that says what it is by Standard JSON Schema; `zod3()` gives one. */
    readonly input: StandardSchema<Input>;
  },
): Tool<Context, Input, Awaited<Output>>;
// Two signatures, zod's first: one for both costs the compiler half as much again for each tool.
export function tool<Context>(given: ToolOptions<unknown, Context> & { readonly input: Schema }): Tool<Context> {
  const options = checkOptions(withoutToolFields(given), TOOL, whereOf(given));
  const { name, input } = options;
  const basics = toolBasics(options);
  const { description } = basics;
  const where = `Tool "${name}", input`;
  const { jsonSchema, hasOpenObjects, validate } = compileSchema(input, where);
  const parameters = makeParameters(jsonSchema, name);
  const { strict } = options;
  return Object.freeze({
    ...basics,
    functionObject: { name, ...(description !== undefined && { description }), parameters },
    jsonSchema: parameters,
    strictReport: linkedReport(parameters, { strict, where, original: jsonSchema, hasOpenObjects }),
    // A schema that checks nothing, or not the root, must not let anything else through.
    validate: (value: unknown) => (isRecord(value) ? validate(value) : Promise.resolve(refuseOther(value))),
  });
}

function refuseOther(value: unknown): Validated {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return { ok: false, issues: `arguments: expected object, got ${kind}` };
}

/** Chat Completions takes an object at the root of `parameters` and nothing else, and no union of objects. */
function makeParameters(schema: JsonSchema, name: string): JsonSchema {
  const parameters = toObjectRoot(schema);
  if (parameters !== undefined) return parameters;
  const { $ref } = schema;
  const root: unknown = typeof $ref === 'string' ? resolvePointer(schema, $ref) : schema;
  throw new ConfigError(
    `Tool "${name}", input: the root is ${JSON.stringify(Object(root).type ?? 'no object')}. Wrap it: z.object({ value: … }).`,
  );
}

/** What every tool has, whatever its input is. */
export type ToolBasics<Context> = Omit<
  Tool<Context>,
  'functionObject' | 'customObject' | 'jsonSchema' | 'strictReport' | 'validate' | '~types'
>;

/** @throws ConfigError for a name or a description that can't be sent, a missing function, or a number that can't be. */
export function toolBasics<Input, Context>(options: ToolOptions<Input, Context>): ToolBasics<Context> {
  const { name, description, execute, preview, onUnknownOutcome } = options;
  checkName(name);
  checkDescription(description, name);
  checkExecute(options);
  checkNumbers(options);
  return {
    name,
    // One that says nothing is not sent.
    ...(description !== undefined && description.trim() !== '' && { description }),
    effect: options.effect ?? 'non-idempotent',
    ...(options.definitionHash === undefined ? {} : { definitionHash: options.definitionHash }),
    exclusive: options.exclusive ?? false,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxInputRetries: options.maxInputRetries ?? 2,
    maxResultLength: options.maxResultLength ?? 65_536,
    approvalTimeoutMs: options.approvalTimeoutMs ?? Number.POSITIVE_INFINITY,
    execute: execute ?? (() => notHere(name)),
    hasExternalResult: execute === undefined,
    ...(onUnknownOutcome === undefined ? {} : { onUnknownOutcome }),
    ...(options.parseExternalResult === undefined ? {} : { parseExternalResult: options.parseExternalResult }),
    needsApproval: options.needsApproval ?? false,
    ...(preview === undefined ? {} : { preview }),
  };
}

function notHere(name: string): never {
  throw new ConfigError(
    `Tool "${name}" has no execute: its calls are answered by host.answer, with { type: "result", fingerprint, value }.`,
  );
}

/** @throws ConfigError for what is no list of tools. */
export function checkTools(tools: readonly Tool[], wrapper: string): void {
  if (!Array.isArray(tools)) {
    throw new ConfigError(`${wrapper}: the tools are ${describeValue(tools)}. Pass a list: [tool({ … })].`);
  }
  const wrong = tools.findIndex((each) => !isTool(each));
  if (wrong === -1) return;
  throw new ConfigError(`${wrapper}: tools[${wrong}] is ${describeValue(tools[wrong])}. Pass what tool({ … }) gave.`);
}

/** Whether something was made by `tool()`, or is a wrapper around that. */
export function isTool(value: unknown): value is Tool {
  return isRecord(value) && typeof value['execute'] === 'function' && typeof value['validate'] === 'function';
}

export function checkName(name: unknown): void {
  if (typeof name === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(name)) return;
  throw new ConfigError(
    `Tool name ${JSON.stringify(name)} can't be sent. Use 1 to 64 letters, digits, "_" and "-" (FunctionObject.name).`,
  );
}

function checkDescription(description: unknown, name: string): void {
  if (description === undefined || typeof description === 'string') return;
  throw new ConfigError(`Tool "${name}": description is ${JSON.stringify(description)}. Pass a text, or leave it out.`);
}

/** One that is given, and is nothing, is a mistake; one that is left out is none. */
function checkExecute(options: { readonly name: string; readonly execute?: unknown }): void {
  const { name, execute } = options;
  if (typeof execute === 'function' || !('execute' in options)) return;
  throw new ConfigError(
    `Tool "${name}": execute is no function. Pass (input, context) => …, or leave it out for calls that are answered from outside.`,
  );
}

type Numbers = Pick<
  ToolOptions<never>,
  'name' | 'timeoutMs' | 'approvalTimeoutMs' | 'maxResultLength' | 'maxInputRetries'
>;

export function checkNumbers(options: Numbers): void {
  for (const field of ['timeoutMs', 'approvalTimeoutMs', 'maxResultLength', 'maxInputRetries'] as const) {
    const value = options[field];
    const least = field === 'maxInputRetries' ? 0 : 1;
    if (value === undefined || (typeof value === 'number' && value >= least)) continue;
    throw new ConfigError(
      `Tool "${options.name}": ${field} is ${describeValue(value)}. Pass a number of ${least} or more.`,
    );
  }
}
