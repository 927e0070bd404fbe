import { ConfigError } from '../base/errors.ts';
import { isRecord, type Json } from '../base/json.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { shorten } from '../base/text.ts';
import { isSendableName } from '../chat/message.ts';
import type { CustomToolObject, FunctionObject } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { toObjectRoot } from '../schema/object-root.ts';
import { resolvePointer } from '../schema/pointer.ts';
import { prepareStrictForm } from '../schema/prepare-strict-form.ts';
import {
  compileSchema,
  type Schema,
  type StandardSchema,
  type ValidationResult,
  type ZodSchema,
} from '../schema/schema.ts';
import type { StrictReason } from '../schema/strict-reason.ts';
import type { ToolContext, UpcomingTurn } from './tool-context.ts';

/**
 * The effect of repeating a call:
 * - `read`: none.
 * - `idempotent`: none if the `idempotencyKey` is the same.
 * - `non-idempotent`: possible harm, so the call is never repeated.
 */
export type Effect = 'read' | 'idempotent' | 'non-idempotent';

export interface ToolOptions<Input, Context = unknown, Output = unknown> {
  /** The name that the model calls: up to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** Tells the model what the tool does and when to use it. Without it the model sees only the name and the parameters. */
  readonly description?: string | undefined;
  /** @defaultValue 'non-idempotent' */
  readonly effect?: Effect;
  /**
   * A hash of the whole definition of a tool that is defined outside the application, for example by an MCP server. It is recorded with
   * the run and part of the fingerprint of a pending call:
   *
   * - An approval is valid only for the same hash. Otherwise the call is asked for again.
   * - A call that another hash left open does not run: the run fails to resume with `run.changed`, and stays resumable with the old tool.
   *
   * @defaultValue a hash of the input schema and the effect
   */
  readonly definitionHash?: string;
  /**
   * Does the work. Its return value is the tool's output, which the model reads as text of at most `maxResultLength` characters.
   * Without `execute` each call waits for an answer from outside:
   * `host.answer(runId, pendingId, { type: 'result', fingerprint, value })`.
   */
  readonly execute?: (input: NoInfer<Input>, context: ToolContext<Context>) => Output;
  /**
   * Converts an answer from outside (`result`) to the tool's output. If it throws a `ToolError`, the model reads that error instead.
   * Must be pure.
   *
   * @defaultValue the value unchanged
   */
  readonly parseExternalResult?: (value: Json, input: NoInfer<Input>) => unknown;
  /**
   * Runs instead of `execute` for a call with effect `non-idempotent` that a crash interrupted, and for a call that threw
   * `UnknownOutcomeError`, to check whether it had its effect. Its return value or error is the call's result. It may run more than
   * once. `'ask'` suspends the run until a person repeats the call, gives its result, or denies it.
   *
   * @defaultValue the model reads that the outcome is unknown
   */
  readonly onUnknownOutcome?: 'ask' | ((input: NoInfer<Input>, context: ToolContext<Context>) => unknown);
  /**
   * Whether a turn has the tool. Called before each turn, in the step that records its tools; if it throws, the run fails. Without the
   * tool, the model neither sees nor calls it.
   *
   * @defaultValue every turn has it
   */
  readonly when?: (context: Context, turn: UpcomingTurn) => boolean | Promise<boolean>;
  /** Whether a call needs a person's approval. If the function throws, the call needs approval. @defaultValue false */
  readonly needsApproval?:
    | boolean
    | ((input: NoInfer<Input>, context: ToolContext<Context>) => boolean | Promise<boolean>);
  /** Creates what a person sees before approving a call: a diff, a command line. Must have no side effects. */
  readonly preview?: (input: NoInfer<Input>, context: ToolContext<Context>) => Json | Promise<Json>;
  /**
   * Whether a person who approves a call may approve later calls with it, by an answer with `always: true`. `true` offers every later call of
   * the tool. A function returns what the later calls must have in common with this one, for example `({ to }) => ({ to })`: a call for which
   * it returns an equal value needs no approval. The person sees the value as `pending.standingApproval`.
   *
   * The approval holds for the agent, for this definition of the tool, and for the rest of the run, or of its conversation. If the function
   * returns `undefined` or throws, the call has no such offer, and no such approval covers it.
   *
   * @defaultValue false
   */
  readonly standingApproval?:
    | boolean
    | ((input: NoInfer<Input>, context: ToolContext<Context>) => Json | undefined | Promise<Json | undefined>);
  /** How long a call waits for an answer from outside, in milliseconds. Then it is denied. @defaultValue no limit */
  readonly approvalTimeoutMs?: number;
  /** Whether a call never runs in parallel with another call of the same turn. @defaultValue false */
  readonly exclusive?: boolean;
  /** The deadline of a call, in milliseconds. @defaultValue 60_000 */
  readonly timeoutMs?: number;
  /** How many turns in a row may have invalid arguments before the run ends as `failed`. @defaultValue 2 */
  readonly maxInputRetries?: number;
  /** The maximum length of a result that the model reads, in characters. @defaultValue 65_536 */
  readonly maxResultLength?: number;
  /**
   * Whether servers that support `strict` enforce the schema. With `true`, a schema without a strict form is a `ConfigError`.
   *
   * @defaultValue true if the schema has a strict form; see `strictReport`
   */
  readonly strict?: boolean;
}

/** The options of all tools, with and without an input schema. */
export const TOOL_BASICS: OptionTable<ToolOptions<never>>['keys'] = {
  name: 'any',
  description: 'any',
  effect: { read: true, idempotent: true, 'non-idempotent': true },
  definitionHash: 'text',
  execute: 'any',
  parseExternalResult: 'function',
  onUnknownOutcome: [{ ask: true }, 'function'],
  when: 'function',
  needsApproval: ['boolean', 'function'],
  preview: 'function',
  standingApproval: ['boolean', 'function'],
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
  alwaysApprove: 'The option is "standingApproval".',
  isEnabled: 'The option is "when".',
  enabled: 'The option is "when".',
  readOnly: 'The option is "effect": effect: "read".',
  idempotent: 'The option is "effect": effect: "idempotent".',
  corrections: 'The option is "maxInputRetries".',
  retry: 'Wrap the tool: withToolRetry([tool], { … }).',
  retries: 'Wrap the tool: withToolRetry([tool], { … }).',
  maxRetries: 'Wrap the tool: withToolRetry([tool], { … }).',
};

/** Hints that do not apply to `asTool`. */
export const OUTCOME_HINTS: Readonly<Record<string, string>> = {
  inDoubt: 'The option is "onUnknownOutcome".',
};

const TOOL: OptionTable<ToolOptions<never> & { readonly input: Schema }> = {
  keys: { ...TOOL_BASICS, input: 'any' },
  hints: { ...TOOL_HINTS, ...OUTCOME_HINTS, format: 'It is an option of customTool().' },
};

/** The fields of a tool that are not options. */
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

/** Removes the fields of a tool that are not options, so that `tool({ ...other, input })` works. */
export function withoutToolFields<Options extends object>(options: Options): Options {
  if (typeof options !== 'object' || options === null || !('functionObject' in options)) return options;
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(TOOL_FIELDS, name))) as Options; // The type is the same.
}

/** Names a tool in errors about its options, which may lack a name. */
export function describeTool(options: { readonly name?: unknown } | undefined, maker = 'tool()'): string {
  const name: unknown = options?.name;
  return typeof name === 'string' ? `Tool "${shorten(name, 80)}"` : maker;
}

/**
 * A tool, created by `tool()`. It is immutable data: a wrapper is `{ ...tool, name: 'other' }`.
 *
 * `Input` is the type of the input of `execute`, `Output` that of its result.
 */
export interface Tool<in Context = never, out Input = unknown, out Output = unknown> {
  readonly name: string;
  readonly description?: string;
  readonly effect: Effect;
  /** The hash of a tool that is defined outside the application. */
  readonly definitionHash?: string;
  readonly exclusive: boolean;
  readonly timeoutMs: number;
  readonly maxInputRetries: number;
  readonly maxResultLength: number;
  readonly approvalTimeoutMs: number;
  /** The function definition to send. A custom tool sends it to servers that support only functions. */
  readonly functionObject: FunctionObject;
  /** The definition of a custom tool, for servers that support custom tools. */
  readonly customObject?: CustomToolObject['custom'];
  /** The JSON Schema of the input as it is sent: always one object, also for a union. */
  readonly jsonSchema: JsonSchema;
  /** Why the schema has no strict form. If it has one: only notes (`isNote`) about what the strict form does not allow. */
  readonly strictReport: readonly StrictReason[];
  /** Validates arguments. Accepts only objects. */
  readonly validate: (value: unknown) => Promise<ValidationResult>;
  /** Whether a turn has the tool. */
  readonly when?: (context: Context, turn: UpcomingTurn) => boolean | Promise<boolean>;
  // `validate` checked the input of the next six. It is `any`, because an agent holds tools of different inputs.
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly execute: (input: any, context: ToolContext<Context>) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly onUnknownOutcome?: 'ask' | ((input: any, context: ToolContext<Context>) => unknown);
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly needsApproval: boolean | ((input: any, context: ToolContext<Context>) => boolean | Promise<boolean>);
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly preview?: (input: any, context: ToolContext<Context>) => Json | Promise<Json>;
  readonly standingApproval?:
    | boolean
    // biome-ignore lint/suspicious/noExplicitAny: a variance seam
    | ((input: any, context: ToolContext<Context>) => Json | undefined | Promise<Json | undefined>);
  // biome-ignore lint/suspicious/noExplicitAny: a variance seam
  readonly parseExternalResult?: (value: Json, input: any) => unknown;
  /** Whether each call waits for an answer from outside, because the options had no `execute`. */
  readonly hasExternalResult: boolean;
  /** For handoffs: the name of the agent that takes over the conversation. */
  readonly handoffTo?: string;
  /** For agents as tools: runs the agent inside the run. The loop passes the scope of the call. */
  readonly delegate?: (input: never, scope: never) => Promise<unknown>;
  /** Never set; it carries types only. */
  readonly '~types'?: { readonly input: Input; readonly output: Output };
}

/** The input of a tool's `execute`: the arguments after its schema parsed them. */
export type InferToolInput<T> = T extends Tool<never, infer Input, unknown> ? Input : never;

/** The awaited result of a tool's `execute`. */
export type InferToolOutput<T> = T extends Tool<never, unknown, infer Output> ? Output : never;

/**
 * Defines a tool that a model can call. Converts the schema once.
 *
 * @throws ConfigError if the definition is invalid. The message names the tool, the path and the fix.
 */
export function tool<Input, Context = unknown, Output = unknown>(
  options: ToolOptions<Input, Context, Output> & {
    /** An object schema of zod 4. The input type of `execute` is inferred from it. */
    readonly input: ZodSchema<Input>;
  },
): Tool<Context, Input, Awaited<Output>>;
export function tool<Input, Context = unknown, Output = unknown>(
  options: ToolOptions<Input, Context, Output> & {
    /** An object schema that implements Standard JSON Schema, for example from `zod3()`. */
    readonly input: StandardSchema<Input>;
  },
): Tool<Context, Input, Awaited<Output>>;
// Two signatures, zod's first: with a single one the compiler needs 50 % more time per tool.
export function tool<Context>(definition: ToolOptions<unknown, Context> & { readonly input: Schema }): Tool<Context> {
  const options = checkOptions(withoutToolFields(definition), TOOL, describeTool(definition));
  const { name, input } = options;
  const basics = buildToolBasics(options);
  const { description } = basics;
  const where = `Tool "${name}", input`;
  const { jsonSchema, hasOpenObjects, validate } = compileSchema(input, where);
  const parameters = makeParameters(jsonSchema, name);
  const { strict } = options;
  return Object.freeze({
    ...basics,
    functionObject: { name, ...(description !== undefined && { description }), parameters },
    jsonSchema: parameters,
    strictReport: prepareStrictForm(parameters, { strict, where, original: jsonSchema, hasOpenObjects }),
    // A schema may check nothing, but a tool always gets an object.
    validate: (value: unknown) => (isRecord(value) ? validate(value) : Promise.resolve(refuseNonObject(value))),
  });
}

function refuseNonObject(value: unknown): ValidationResult {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return { ok: false, issues: `arguments: expected object, got ${kind}` };
}

/** Chat Completions accepts only an object at the root of `parameters`, not a union of objects. */
function makeParameters(schema: JsonSchema, name: string): JsonSchema {
  const parameters = toObjectRoot(schema);
  if (parameters !== undefined) return parameters;
  const { $ref } = schema;
  const root: unknown = typeof $ref === 'string' ? resolvePointer(schema, $ref) : schema;
  throw new ConfigError(
    `Tool "${name}", input: the root is ${JSON.stringify(Object(root).type ?? 'no object')}. Wrap it: z.object({ value: … }).`,
  );
}

/** The fields that all tools share, with and without an input schema. */
export type ToolBasics<Context> = Omit<
  Tool<Context>,
  'functionObject' | 'customObject' | 'jsonSchema' | 'strictReport' | 'validate' | '~types'
>;

/** @throws ConfigError if the name, the description, `execute` or a number is invalid. */
export function buildToolBasics<Input, Context>(options: ToolOptions<Input, Context>): ToolBasics<Context> {
  const { name, description, execute, preview, standingApproval, onUnknownOutcome } = options;
  checkToolName(name);
  checkDescription(description, name);
  checkExecute(options);
  checkToolNumbers(options);
  return {
    name,
    // An empty description is not sent.
    ...(description !== undefined && description.trim() !== '' && { description }),
    effect: options.effect ?? 'non-idempotent',
    ...(options.definitionHash === undefined ? {} : { definitionHash: options.definitionHash }),
    exclusive: options.exclusive ?? false,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxInputRetries: options.maxInputRetries ?? 2,
    maxResultLength: options.maxResultLength ?? 65_536,
    approvalTimeoutMs: options.approvalTimeoutMs ?? Number.POSITIVE_INFINITY,
    execute: execute ?? (() => throwWithoutExecute(name)),
    hasExternalResult: execute === undefined,
    ...(onUnknownOutcome === undefined ? {} : { onUnknownOutcome }),
    ...(options.parseExternalResult === undefined ? {} : { parseExternalResult: options.parseExternalResult }),
    ...(options.when === undefined ? {} : { when: options.when }),
    needsApproval: options.needsApproval ?? false,
    ...(preview === undefined ? {} : { preview }),
    ...(standingApproval === undefined ? {} : { standingApproval }),
  };
}

function throwWithoutExecute(name: string): never {
  throw new ConfigError(
    `Tool "${name}" has no execute. Answer its calls with host.answer and { type: "result", fingerprint, value }.`,
  );
}

/** @throws ConfigError if `tools` is not a list of tools. */
export function checkTools(tools: readonly Tool[], wrapper: string): void {
  if (!Array.isArray(tools)) {
    throw new ConfigError(`${wrapper}: the tools are ${describeValue(tools)}. Pass a list: [tool({ … })].`);
  }
  const wrong = tools.findIndex((each) => !isTool(each));
  if (wrong === -1) return;
  throw new ConfigError(`${wrapper}: tools[${wrong}] is ${describeValue(tools[wrong])}. Pass a result of tool({ … }).`);
}

/** Whether a value is a tool or a wrapper of one. */
export function isTool(value: unknown): value is Tool {
  return isRecord(value) && typeof value['execute'] === 'function' && typeof value['validate'] === 'function';
}

export function checkToolName(name: unknown): void {
  if (typeof name === 'string' && isSendableName(name)) return;
  throw new ConfigError(
    `Tool name ${JSON.stringify(name)} cannot be sent. Use 1 to 64 letters, digits, "_" and "-" (FunctionObject.name).`,
  );
}

function checkDescription(description: unknown, name: string): void {
  if (description === undefined || typeof description === 'string') return;
  throw new ConfigError(`Tool "${name}": description is ${JSON.stringify(description)}. Pass a text, or omit it.`);
}

/** `execute` may be absent. If it is present but not a function, that is a mistake. */
function checkExecute(options: { readonly name: string; readonly execute?: unknown }): void {
  const { name, execute } = options;
  if (typeof execute === 'function' || !('execute' in options)) return;
  throw new ConfigError(
    `Tool "${name}": execute is ${describeValue(execute)}. Pass (input, context) => …, or omit it if calls are answered from outside.`,
  );
}

type ToolNumbers = Pick<
  ToolOptions<never>,
  'name' | 'timeoutMs' | 'approvalTimeoutMs' | 'maxResultLength' | 'maxInputRetries'
>;

export function checkToolNumbers(options: ToolNumbers): void {
  for (const field of ['timeoutMs', 'approvalTimeoutMs', 'maxResultLength', 'maxInputRetries'] as const) {
    const value = options[field];
    const min = field === 'maxInputRetries' ? 0 : 1;
    if (value === undefined || (typeof value === 'number' && value >= min)) continue;
    throw new ConfigError(
      `Tool "${options.name}": ${field} is ${describeValue(value)}. Pass a number of ${min} or more.`,
    );
  }
}
