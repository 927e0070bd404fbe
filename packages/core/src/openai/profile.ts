import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { describeValue } from '../base/options.ts';
import { findClosest } from '../base/text.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import type { SchemaSupport } from '../schema/schema-support.ts';
import { suggestRuleFix, type ToolCallIdRule } from './tool-call-ids.ts';

/** The form of requests that a kind of server accepts. A new quirk becomes a value here, never a branch elsewhere. */
export interface Profile {
  readonly name: string;
  /** The name of the field for `max_completion_tokens`. */
  readonly tokenField: 'max_completion_tokens' | 'max_tokens';
  /** The name of the field for `seed`. */
  readonly seedField: 'seed' | 'random_seed';
  /** `functions` is the legacy form of tools: one call per turn, its result in a message with the role `function`. */
  readonly toolForm: 'tools' | 'functions';
  /** The supported forms of `tool_choice`. A missing form is replaced by a shorter list of tools. */
  readonly toolChoices: readonly ToolChoiceForm[];
  /** Whether tool calls are read from the text of a response, where the server leaves markup of the model that it does not parse. */
  readonly textToolCalls: boolean;
  /** Whether the server supports custom tools. If not, they are sent as functions with one string, `input`. */
  readonly customTools: boolean;
  /** Whether the server supports `strict`. If not, it is omitted from tools and `response_format`. */
  readonly strictSchemas: boolean;
  /** `all-or-none`: tools are strict only if each tool of the request can be strict. */
  readonly strictTools: 'each' | 'all-or-none';
  /**
   * How an output schema is enforced: by `response_format`, by a tool whose call is the answer, or by instructions, with JSON mode
   * (`json_object`) or without (`none`).
   */
  readonly responseFormat: 'json_schema' | 'tool' | 'json_object' | 'none';
  /**
   * How an output schema is enforced in a request with tools: as `responseFormat` says, by a tool whose call is the answer, or by
   * instructions alone. Some servers refuse `response_format` with tools; others apply it to the whole response, so that the model cannot
   * call a tool.
   */
  readonly outputWithTools: 'response-format' | 'final-tool' | 'instructions';
  /** The supported dialect of JSON Schema. */
  readonly schemaDialect: '2020-12' | 'draft-07';
  /** The supported parts of JSON Schema. The option may set some fields; the others stay those of the base profile. */
  readonly schemaSupport: SchemaSupport;
  /** Whether the server supports the role `developer`. If not, `system` is sent. */
  readonly developerRole: boolean;
  /** Whether the content of a message with tool calls may be `null`. If not, `''` is sent. */
  readonly nullContent: boolean;
  /** Whether messages may have a `name`. */
  readonly messageNames: boolean;
  /** Whether the content of a message may be empty or white space. If not, `(empty)` is sent. */
  readonly emptyContent: boolean;
  /**
   * Where system messages are allowed: anywhere, several at the beginning, or one as the first message. If one is allowed, those at the
   * beginning are joined. A later one is sent as a user message.
   */
  readonly systemMessages: 'anywhere' | 'leading' | 'first';
  /**
   * Which order of roles the server accepts. `assistant-after-tool` refuses other messages after a tool result; `alternating` also refuses
   * two user or two assistant messages in a row. A short filler message is inserted between them.
   */
  readonly roleOrder: 'any' | 'assistant-after-tool' | 'alternating';
  /** Whether the last message may have the role `assistant`. If not, the user message `Continue.` is added. */
  readonly assistantLast: boolean;
  /** The accepted ids of tool calls. Other ids are replaced, in the call and in its result. */
  readonly toolCallIds: 'any' | ToolCallIdRule;
  /** Whether the server refuses a conversation with tool calls if the request has no tools. If so, placeholders of the called tools are added. */
  readonly needsTools: boolean;
  /** The undocumented fields that are sent back with their message or call, such as reasoning and signatures. */
  readonly passthroughFields: 'all' | readonly string[];
  /**
   * The fields in which the reasoning of the model is sent back, from whichever field it was read. If the list is empty,
   * `passthroughFields` decides.
   */
  readonly reasoningFields: readonly string[];
  /** Fields that an assistant message with tool calls must have, with their defaults. */
  readonly requiredWithToolCalls: Readonly<Record<string, string>>;
  /**
   * Fields that each assistant message must have if the request has tools or the conversation has tool calls, with their defaults.
   */
  readonly requiredWithTools: Readonly<Record<string, string>>;
  /** Whether the server streams tool calls. If not, a request with tools is sent unstreamed, and its response arrives in one piece. */
  readonly streamsTools: boolean;
  /**
   * Whether the server reports `length` if the token limit ended a response. If not, each response that used all allowed tokens counts as
   * cut. One whose arguments or JSON are incomplete counts as cut in any case.
   */
  readonly reportsCuts: boolean;
  /** The same for responses with tool calls: some servers report `tool_calls` instead of `length`. */
  readonly reportsCutCalls: boolean;
  /** Whether a stream reports its usage only if `stream_options` requests it. */
  readonly streamOptions: boolean;
  /** Fields that are sent unless the request has them, because the default of the server differs from the documented one. */
  readonly defaults: Pick<ChatSettings, 'parallel_tool_calls'>;
  /** Fields that the server refuses. Only hints are allowed: a field that affects the response is sent, and the server reports its refusal. */
  readonly omittedFields: readonly HintField[];
  /** `api-key` has the bare key, `authorization` has it as a bearer token. */
  readonly keyHeader: 'authorization' | 'api-key';
  /** The environment variable that holds the key. */
  readonly apiKeyVariable: string;
  /** Whether the server needs a key. If so, a request without one fails before it is sent. */
  readonly needsKey: boolean;
}

/** The forms of `tool_choice`: its strings, and the `type` of its objects. */
export type ToolChoiceForm = Extract<ToolChoice, string> | Extract<ToolChoice, object>['type'];

/** Fields that do not change the meaning of a response. */
export type HintField = Extract<
  keyof ChatSettings,
  | 'metadata'
  | 'parallel_tool_calls'
  | 'prompt_cache_key'
  | 'prompt_cache_retention'
  | 'prompt_cache_options'
  | 'safety_identifier'
  | 'service_tier'
  | 'store'
  | 'user'
>;

/** The name of a profile, or changes to `base`, by default the profile of the URL. */
export type ProfileOption<Name extends string = string> =
  | Name
  | (Partial<Omit<Profile, 'schemaSupport'>> & {
      readonly base?: Name;
      readonly schemaSupport?: Partial<SchemaSupport>;
    });

/** @throws ConfigError for an unknown name or field, or an invalid value. */
export function resolveProfile(
  option: ProfileOption | undefined,
  { known, suggested }: { readonly known: Readonly<Record<string, Profile>>; readonly suggested: Profile },
): Profile {
  // JavaScript callers may pass null.
  if (option === undefined || option === null) return suggested;
  if (typeof option === 'string') return getProfile(option, known);
  if (typeof option !== 'object' || Array.isArray(option)) {
    throw new ConfigError(`The profile is ${describeValue(option)}. Pass a name, or an object of fields.`);
  }
  const { base, schemaSupport, ...changes } = option;
  const start = base === undefined ? suggested : getProfile(base, known);
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [field, value] of entries) {
    checkField(field, value, { example: getOwnField(start, field), known: Object.keys(start) });
  }
  return { ...start, ...Object.fromEntries(entries), schemaSupport: mergeSchemaSupport(schemaSupport, start) };
}

/** Returns the same object if there are no changes: caches are keyed by it. */
function mergeSchemaSupport(changes: unknown, { schemaSupport: start }: Profile): SchemaSupport {
  if (changes === undefined) return start;
  if (!isRecord(changes)) checkField('schemaSupport', changes, { example: start, known: ['schemaSupport'] });
  const entries = Object.entries(Object(changes)).filter(([, value]) => value !== undefined);
  const known = Object.keys(start).map((field) => `schemaSupport.${field}`);
  for (const [field, value] of entries) {
    checkField(`schemaSupport.${field}`, value, { example: getOwnField(start, field), known });
  }
  return { ...start, ...Object.fromEntries(entries) };
}

function getOwnField(start: object, field: string): unknown {
  return Object.hasOwn(start, field) ? Reflect.get(start, field) : undefined;
}

function checkField(
  field: string,
  value: unknown,
  { example, known }: { example: unknown; known: readonly string[] },
): void {
  if (example === undefined) throw new ConfigError(`A profile has no field "${field}".${suggestName(field, known)}`);
  const check = VALUE_CHECKS[field as keyof typeof VALUE_CHECKS]; // `undefined` for other fields.
  const fix = check === undefined ? suggestFix(value, example) : check(value);
  if (fix !== undefined) throw new ConfigError(`The profile's ${field} is ${JSON.stringify(value)}. ${fix}`);
}

/** Returns advice if a value does not have the type of the example. */
function suggestFix(value: unknown, example: unknown): string | undefined {
  const isSameType = Array.isArray(example)
    ? Array.isArray(value)
    : !Array.isArray(value) && value !== null && typeof value === typeof example;
  return isSameType ? undefined : `Pass a value such as ${JSON.stringify(example)}.`;
}

/** Checks of the fields with several types or a fixed set of values. Each returns advice for an invalid value. */
const VALUE_CHECKS: Readonly<
  Partial<Record<keyof Profile | `schemaSupport.${keyof SchemaSupport}`, (value: unknown) => string | undefined>>
> = {
  'schemaSupport.formats': (value) => (value === 'any' || Array.isArray(value) ? undefined : 'Pass "any", or a list.'),
  strictTools: createChoiceCheck<Profile['strictTools']>({ each: true, 'all-or-none': true }),
  passthroughFields: (value) =>
    value === 'all' || Array.isArray(value) ? undefined : 'Pass "all", or a list of names.',
  toolCallIds: (value) => (value === 'any' ? undefined : suggestRuleFix(value)),
  tokenField: createChoiceCheck<Profile['tokenField']>({ max_completion_tokens: true, max_tokens: true }),
  seedField: createChoiceCheck<Profile['seedField']>({ seed: true, random_seed: true }),
  toolForm: createChoiceCheck<Profile['toolForm']>({ tools: true, functions: true }),
  responseFormat: createChoiceCheck<Profile['responseFormat']>({
    json_schema: true,
    tool: true,
    json_object: true,
    none: true,
  }),
  outputWithTools: createChoiceCheck<Profile['outputWithTools']>({
    'response-format': true,
    'final-tool': true,
    instructions: true,
  }),
  schemaDialect: createChoiceCheck<Profile['schemaDialect']>({ '2020-12': true, 'draft-07': true }),
  keyHeader: createChoiceCheck<Profile['keyHeader']>({ authorization: true, 'api-key': true }),
  systemMessages: createChoiceCheck<Profile['systemMessages']>({ anywhere: true, leading: true, first: true }),
  roleOrder: createChoiceCheck<Profile['roleOrder']>({ any: true, 'assistant-after-tool': true, alternating: true }),
};

/** Takes a record rather than a list, so that a missing value does not compile. */
function createChoiceCheck<Value extends string>(
  known: Readonly<Record<Value, true>>,
): (value: unknown) => string | undefined {
  const values = Object.keys(known);
  return (value) => (values.some((each) => each === value) ? undefined : `Pass one of: ${values.join(', ')}.`);
}

function getProfile(name: string, known: Readonly<Record<string, Profile>>): Profile {
  const profile = Object.hasOwn(known, name) ? known[name] : undefined;
  if (profile !== undefined) return profile;
  throw new ConfigError(
    `There is no profile "${name}".${suggestName(name, Object.keys(known))} The profiles are: ${Object.keys(known).join(', ')}.`,
  );
}

function suggestName(name: string, known: readonly string[]): string {
  const nearest = findClosest(name, known);
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}
