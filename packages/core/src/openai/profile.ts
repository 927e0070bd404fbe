import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { describeValue } from '../base/options.ts';
import { findClosest } from '../base/text.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import type { SchemaSupport } from '../schema/schema-support.ts';
import { fixForRule, type ToolCallIdRule } from './tool-call-ids.ts';

/** How a kind of server wants to be spoken to. Data only: a quirk that is met anew is a value here, never a branch elsewhere. */
export interface Profile {
  readonly name: string;
  /** The name under which `max_completion_tokens` is sent. */
  readonly tokenField: 'max_completion_tokens' | 'max_tokens';
  /** The name under which `seed` is sent. */
  readonly seedField: 'seed' | 'random_seed';
  /** `functions` is the legacy form of tools: one call a turn, its result a message of the role `function`. */
  readonly toolForm: 'tools' | 'functions';
  /** Forms of `tool_choice` that are understood. What is missing is said by the list of tools instead. */
  readonly toolChoices: readonly ToolChoiceForm[];
  /** Whether calls are read that stand in the text, as markup that the server has not understood. */
  readonly textToolCalls: boolean;
  /** Without it a custom tool goes out as a function with one text, `input`. */
  readonly customTools: boolean;
  /** Without it `strict` is left out of tools and of `response_format`. */
  readonly strictSchemas: boolean;
  /** `all-or-none`: tools are strict only if each tool of the request can be. */
  readonly strictTools: 'each' | 'all-or-none';
  /**
   * How the model is held to an output schema: by `response_format`, by a tool whose call is the answer, or by
   * instructions, beside JSON mode or alone.
   */
  readonly responseFormat: 'json_schema' | 'tool' | 'json_object' | 'none';
  /**
   * How the model is held to an output schema in a request that shows tools: as `responseFormat` says, by a tool whose call is the
   * answer, or by instructions alone. Some servers refuse `response_format` beside tools; others make it a grammar for the whole
   * response, so that the model cannot call a tool.
   */
  readonly outputWithTools: 'response-format' | 'final-tool' | 'instructions';
  /** The dialect of JSON Schema that is understood. */
  readonly schemaDialect: '2020-12' | 'draft-07';
  /** What is understood of it. An option may name some of its fields; the others stay those of the base. */
  readonly schemaSupport: SchemaSupport;
  /** Without it a `developer` message goes out as a `system` one. */
  readonly developerRole: boolean;
  /** Whether `null` is taken as the content beside calls; otherwise it goes out as `''`. */
  readonly nullContent: boolean;
  /** Whether messages may have a `name`. */
  readonly messageNames: boolean;
  /** Whether the content of a message may be an empty text or white space; otherwise a word stands in its place. */
  readonly emptyContent: boolean;
  /**
   * Where system messages may stand: anywhere, several at the beginning, or one as the first message. Several at the beginning are joined
   * where one is allowed; one further down goes out as a user message.
   */
  readonly systemMessages: 'anywhere' | 'leading' | 'first';
  /**
   * Which messages may follow each other. `assistant-after-tool` refuses any other message after a tool result; `alternating` also refuses
   * two user or two assistant messages in a row. A short message is put between.
   */
  readonly roleOrder: 'any' | 'assistant-after-tool' | 'alternating';
  /** Whether the last message may be the assistant's; otherwise a user message that asks to continue is added. */
  readonly assistantLast: boolean;
  /** Which ids of tool calls are taken. Any other is replaced, in the call and in its result. */
  readonly toolCallIds: 'any' | ToolCallIdRule;
  /** Whether a conversation with tool calls is refused where the request has no tools; it then gets definitions of those that were called. */
  readonly needsTools: boolean;
  /** Which fields beyond the documented ones go back with the message or call that brought them: reasoning, signatures. */
  readonly passthroughFields: 'all' | readonly string[];
  /**
   * The names under which the text of the model's reasoning goes back, whatever the server that brought it calls it. Where there is no name
   * here, `passthroughFields` decides.
   */
  readonly reasoningFields: readonly string[];
  /** Fields that an assistant message with tool calls has to have, and what stands there where it has none. */
  readonly requiredWithToolCalls: Readonly<Record<string, string>>;
  /**
   * Fields that every assistant message has to have where the request has tools or the conversation has tool calls, and what stands there
   * where it has none.
   */
  readonly requiredWithTools: Readonly<Record<string, string>>;
  /** Without it a request with tools is sent unstreamed. The response is then emitted in one piece. */
  readonly streamsTools: boolean;
  /**
   * Whether the server says `length` if the cap on tokens ended a response. Without it, every response that used as many
   * tokens as the request allowed is read as cut; one whose arguments or JSON stop early there always is.
   */
  readonly reportsCuts: boolean;
  /** The same of responses with tool calls alone: some servers say `tool_calls` in place of `length`. */
  readonly reportsCutCalls: boolean;
  /** Whether a stream's usage has to be asked for by `stream_options`. */
  readonly streamOptions: boolean;
  /** Fields that are sent where a request does not say otherwise, since the server's own default is another than documented. */
  readonly defaults: Pick<ChatSettings, 'parallel_tool_calls'>;
  /** Fields that are refused here. Only hints can be listed: what shapes the reply is sent, and a refusal is told. */
  readonly omittedFields: readonly HintField[];
  /** `api-key` brings the bare key, `authorization` brings it as a bearer token. */
  readonly keyHeader: 'authorization' | 'api-key';
  /** The environment variable that holds the key. */
  readonly apiKeyVariable: string;
  /** Whether a request without a key is a mistake: it fails before anything is sent. */
  readonly needsKey: boolean;
}

/** The forms of `tool_choice`; the last three are objects by `type`. */
export type ToolChoiceForm = Extract<ToolChoice, string> | Extract<ToolChoice, object>['type'];

/** Fields without which the reply means the same. */
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

/** A profile's name, or what is different from the profile that the address suggests. */
export type ProfileOption<Name extends string = string> =
  | Name
  | (Partial<Omit<Profile, 'schemaSupport'>> & {
      readonly base?: Name;
      readonly schemaSupport?: Partial<SchemaSupport>;
    });

/** @throws ConfigError for a name or a field that nobody knows, and for a value that can't be one. */
export function resolveProfile(
  given: ProfileOption | undefined,
  { known, suggested }: { readonly known: Readonly<Record<string, Profile>>; readonly suggested: Profile },
): Profile {
  // From JavaScript it may be null.
  if (given === undefined || given === null) return suggested;
  if (typeof given === 'string') return named(given, known);
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new ConfigError(`The profile is ${describeValue(given)}. Pass a name, or an object of fields.`);
  }
  const { base, schemaSupport, ...changes } = given;
  const start = base === undefined ? suggested : named(base, known);
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [field, value] of entries) {
    checkField(field, value, { like: ownField(start, field), known: Object.keys(start) });
  }
  return { ...start, ...Object.fromEntries(entries), schemaSupport: supportWith(schemaSupport, start) };
}

/** The very same one where nothing is said: what is made by it is found again. */
function supportWith(given: unknown, { schemaSupport: start }: Profile): SchemaSupport {
  if (given === undefined) return start;
  if (!isRecord(given)) checkField('schemaSupport', given, { like: start, known: ['schemaSupport'] });
  const entries = Object.entries(Object(given)).filter(([, value]) => value !== undefined);
  const known = Object.keys(start).map((field) => `schemaSupport.${field}`);
  for (const [field, value] of entries) {
    checkField(`schemaSupport.${field}`, value, { like: ownField(start, field), known });
  }
  return { ...start, ...Object.fromEntries(entries) };
}

function ownField(start: object, field: string): unknown {
  return Object.hasOwn(start, field) ? Reflect.get(start, field) : undefined;
}

function checkField(field: string, value: unknown, { like, known }: { like: unknown; known: readonly string[] }): void {
  if (like === undefined) throw new ConfigError(`A profile has no field "${field}".${meant(field, known)}`);
  const form = FORMS[field as keyof typeof FORMS]; // `undefined` if the field has no form of its own.
  const fix = form === undefined ? fixFor(value, like) : form(value);
  if (fix !== undefined) throw new ConfigError(`The profile's ${field} is ${JSON.stringify(value)}. ${fix}`);
}

/** What to do about a value that is not of the type of another; `undefined` where it is. */
function fixFor(value: unknown, like: unknown): string | undefined {
  const isLike = Array.isArray(like)
    ? Array.isArray(value)
    : !Array.isArray(value) && value !== null && typeof value === typeof like;
  return isLike ? undefined : `Give a value such as ${JSON.stringify(like)}.`;
}

/** The same for fields whose values are of several types, or a few words. */
const FORMS: Readonly<
  Partial<Record<keyof Profile | `schemaSupport.${keyof SchemaSupport}`, (value: unknown) => string | undefined>>
> = {
  'schemaSupport.formats': (value) => (value === 'any' || Array.isArray(value) ? undefined : 'Give "any", or a list.'),
  strictTools: oneOf<Profile['strictTools']>({ each: true, 'all-or-none': true }),
  passthroughFields: (value) =>
    value === 'all' || Array.isArray(value) ? undefined : 'Give "all", or a list of names.',
  toolCallIds: (value) => (value === 'any' ? undefined : fixForRule(value)),
  tokenField: oneOf<Profile['tokenField']>({ max_completion_tokens: true, max_tokens: true }),
  seedField: oneOf<Profile['seedField']>({ seed: true, random_seed: true }),
  toolForm: oneOf<Profile['toolForm']>({ tools: true, functions: true }),
  responseFormat: oneOf<Profile['responseFormat']>({ json_schema: true, tool: true, json_object: true, none: true }),
  outputWithTools: oneOf<Profile['outputWithTools']>({
    'response-format': true,
    'final-tool': true,
    instructions: true,
  }),
  schemaDialect: oneOf<Profile['schemaDialect']>({ '2020-12': true, 'draft-07': true }),
  keyHeader: oneOf<Profile['keyHeader']>({ authorization: true, 'api-key': true }),
  systemMessages: oneOf<Profile['systemMessages']>({ anywhere: true, leading: true, first: true }),
  roleOrder: oneOf<Profile['roleOrder']>({ any: true, 'assistant-after-tool': true, alternating: true }),
};

/** A record rather than a list: a missing value does not compile. */
function oneOf<Value extends string>(known: Readonly<Record<Value, true>>): (value: unknown) => string | undefined {
  const values = Object.keys(known);
  return (value) => (values.some((each) => each === value) ? undefined : `Give one of: ${values.join(', ')}.`);
}

function named(name: string, known: Readonly<Record<string, Profile>>): Profile {
  const profile = Object.hasOwn(known, name) ? known[name] : undefined;
  if (profile !== undefined) return profile;
  throw new ConfigError(
    `There is no profile "${name}".${meant(name, Object.keys(known))} The profiles are: ${Object.keys(known).join(', ')}.`,
  );
}

function meant(name: string, known: readonly string[]): string {
  const nearest = findClosest(name, known);
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}
