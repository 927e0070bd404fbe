import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import type { SchemaSupport } from '../schema/schema-support.ts';

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
  /** Which fields beyond the documented ones go back with the message or call that brought them: reasoning, signatures. */
  readonly extraFields: 'all' | readonly string[];
  /** Fields that a message with calls has to have, and what stands there where it has none. */
  readonly besideCalls: Readonly<Record<string, string>>;
  /** Whether a stream's usage has to be asked for by `stream_options`. */
  readonly streamOptions: boolean;
  /** Fields that are sent where a request does not say otherwise, since the server's own default is another than documented. */
  readonly defaults: Pick<ChatSettings, 'parallel_tool_calls'>;
  /** Fields that are refused here. Only hints can be listed: what shapes the reply is sent, and a refusal is told. */
  readonly leftOut: readonly HintField[];
  /** `api-key` brings the bare key, `authorization` brings it as a bearer token. */
  readonly keyHeader: 'authorization' | 'api-key';
  /** The environment variable that holds the key. */
  readonly keyVariable: string;
  /** Whether a missing key is a mistake at once. */
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
  const { base, schemaSupport, ...changes } = given;
  const start = base === undefined ? suggested : named(base, known);
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [field, value] of entries) checkField(field, { value, like: Reflect.get(start, field) });
  return { ...start, ...Object.fromEntries(entries), schemaSupport: supportWith(schemaSupport, start) };
}

/** The very same one where nothing is said: what is made by it is found again. */
function supportWith(given: unknown, { schemaSupport: start }: Profile): SchemaSupport {
  if (given === undefined) return start;
  if (!isRecord(given)) checkField('schemaSupport', { value: given, like: start });
  const entries = Object.entries(Object(given)).filter(([, value]) => value !== undefined);
  for (const [field, value] of entries)
    checkField(`schemaSupport.${field}`, { value, like: Reflect.get(start, field) });
  return { ...start, ...Object.fromEntries(entries) };
}

interface Given {
  readonly value: unknown;
  /** What the profile has there. */
  readonly like: unknown;
}

function checkField(field: string, { value, like }: Given): void {
  if (like === undefined) throw new ConfigError(`A profile has no field "${field}".`);
  const word = WORDS[field];
  const isList = Array.isArray(value) && (Array.isArray(like) || word !== undefined);
  const isLike =
    isList || (!Array.isArray(value) && value !== null && typeof value === typeof like && !Array.isArray(like));
  if (word === undefined ? isLike : isList || value === word) return;
  throw new ConfigError(
    `The profile's ${field} is ${JSON.stringify(value)}. Give a value such as ${JSON.stringify(like)}.`,
  );
}

/** Fields that are a list, or one word for all. */
const WORDS: Readonly<Record<string, string>> = { extraFields: 'all', 'schemaSupport.formats': 'any' };

function named(name: string, known: Readonly<Record<string, Profile>>): Profile {
  const profile = Object.hasOwn(known, name) ? known[name] : undefined;
  if (profile !== undefined) return profile;
  throw new ConfigError(`There is no profile "${name}". The profiles are: ${Object.keys(known).join(', ')}.`);
}
