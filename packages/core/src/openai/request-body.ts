import type { JsonObject } from '../base/json.ts';
import { memoize } from '../base/memoize.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { asFunctionTool } from '../chat/custom-as-function.ts';
import type { Message } from '../chat/message.ts';
import type { ChatRequest, ToolObject } from '../chat/request.ts';
import type { RequestMemo } from '../model/request-memo.ts';
import { adaptFormat, type FormatScope } from './adapt-format.ts';
import { adaptSchema } from './adapt-schema.ts';
import { BodyBytes } from './body-bytes.ts';
import { chooseTools, withCalledTools } from './choose-tools.ts';
import { toLegacyFunctions, toLegacyMessages } from './legacy-functions.ts';
import type { Profile } from './profile.ts';
import { WireMessages } from './wire-messages.ts';

export interface BodyOptions {
  /** The model name, unless the request has one. */
  readonly model: string;
  readonly profile: Profile;
  /** Replaces fields of the request. */
  readonly extraBody?: JsonObject | undefined;
  /** The memo of the run, with the JSON of its conversation from earlier requests. */
  readonly memo?: RequestMemo | undefined;
}

/**
 * Builds the JSON of a request in the form that its server accepts.
 *
 * The JSON of a message is created once per run and profile, that of a tool once. Messages and tools must not be mutated afterwards.
 */
export function buildRequestBody(request: ChatRequest, { model, profile, extraBody, memo }: BodyOptions): BodyBytes {
  const { messages: history, tools: allTools = [], tool_choice, response_format, ...rest } = request;
  const chosen = chooseTools({ tools: allTools, toolChoice: tool_choice }, response_format, profile);
  const hasTools = chosen.tools.length > 0;
  const { tools, toolChoice } = withCalledTools(history, chosen, profile);
  const { messages, format } = adaptFormat({ messages: history, format: response_format }, { profile, hasTools });
  const isLegacy = profile.toolForm === 'functions';
  const settings = {
    model: request.model ?? model,
    ...(isLegacy ? toLegacyFunctions(tools, toolChoice) : { tool_choice: toolChoice }),
    response_format: format,
    ...selectSettings(rest, { profile, hasTools: hasTools && !isLegacy }),
    ...extraBody,
  };
  const pieces = getPieces(profile);
  const start = stringifyWellFormed(settings).slice(0, -1);
  const head = pieces.encodeHead(start, isLegacy ? [] : tools);
  const sent = isLegacy ? toLegacyMessages(messages) : messages;
  const wire = pieces.getMessages(sent, { memo, hasTools: tools.length > 0 });
  return new BodyBytes([head, ...wire.toBytes(sent), END]);
}

const encoder = new TextEncoder();
const END = encoder.encode(']}');

type Settings = Omit<ChatRequest, 'model' | 'messages' | 'tools' | 'tool_choice' | 'response_format'>;

/** Servers refuse `stream_options` without a stream, and both token fields at once. `null` means the default, so it is omitted. */
function selectSettings(settings: Settings, { profile, hasTools }: FormatScope): object {
  const { max_completion_tokens: _, max_tokens: __, seed, ...others } = settings;
  const { stream, stream_options, parallel_tool_calls, ...rest } = others;
  const all: Readonly<Record<string, unknown>> = {
    ...renameTokenLimit(settings, profile),
    ...(hasTools && { ...profile.defaults, ...(parallel_tool_calls !== undefined && { parallel_tool_calls }) }),
    ...rest,
    [profile.seedField]: seed,
    ...(stream === true && { stream, stream_options: chooseStreamOptions(stream_options, profile) }),
  };
  const omitted: readonly string[] = profile.omittedFields;
  const sent: Record<string, unknown> = {};
  for (const name of Object.keys(all)) {
    const value = all[name];
    if (value != null && !omitted.includes(name)) sent[name] = value;
  }
  return sent;
}

/** Returns the token limit under the name that the server knows. */
export function renameTokenLimit(
  { max_completion_tokens, max_tokens }: Pick<ChatRequest, 'max_completion_tokens' | 'max_tokens'>,
  { tokenField }: Profile,
): Readonly<Record<string, number | null | undefined>> {
  return max_completion_tokens == null ? { max_tokens } : { [tokenField]: max_completion_tokens };
}

/** `null` omits the options, for servers that do not know them. */
function chooseStreamOptions(options: ChatRequest['stream_options'], profile: Profile): ChatRequest['stream_options'] {
  if (options === null) return undefined;
  return profile.streamOptions ? { include_usage: true, ...options } : options;
}

const NO_TOOLS: readonly ToolObject[] = [];

/** The pieces of JSON that are created once for a profile. */
class BodyPieces {
  readonly #profile: Profile;
  readonly #stringifyTool = memoize((tool: ToolObject) => stringifyWellFormed(toWireTool(tool, this.#profile)));
  /** The bytes before the messages, by the list of tools. */
  readonly #heads = new WeakMap<
    readonly ToolObject[],
    { readonly start: string; readonly toolsJson: string; readonly bytes: Uint8Array }
  >();
  /** Whether messages have more fields if the request has tools. */
  readonly #differsWithTools: boolean;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#differsWithTools = Object.keys(profile.requiredWithTools).length > 0;
  }

  /** Returns the messages that are kept with the run, so that earlier JSON is reused. */
  getMessages(
    messages: readonly Message[],
    { memo, hasTools }: { readonly memo: RequestMemo | undefined; readonly hasTools: boolean },
  ): WireMessages {
    const isWithTools = this.#differsWithTools && (hasTools || messages.some(hasCalls));
    const key = isWithTools ? this.#stringifyTool : this;
    const known = memo?.get(key);
    if (known instanceof WireMessages) return known;
    const created = new WireMessages({ profile: this.#profile, isWithTools });
    memo?.set(key, created);
    return created;
  }

  /** `start` is the JSON of the settings without the closing brace. The head is reused while the settings of an agent stay the same. */
  encodeHead(start: string, toolList: readonly ToolObject[]): Uint8Array {
    const tools = toolList.length === 0 ? NO_TOOLS : toolList;
    const known = this.#heads.get(tools);
    if (known?.start === start) return known.bytes;
    const toolsJson = known?.toolsJson ?? `[${this.#stringifyTools(tools).join(',')}]`;
    const list = tools === NO_TOOLS ? '' : `"tools":${toolsJson},`;
    const bytes = encoder.encode(`${start},${list}"messages":[`);
    this.#heads.set(tools, { start, toolsJson, bytes });
    return bytes;
  }

  /** Some servers accept strict tools only if all tools are strict. */
  #stringifyTools(tools: readonly ToolObject[]): readonly string[] {
    const { strictSchemas, strictTools } = this.#profile;
    const isMixed = strictSchemas && strictTools === 'all-or-none' && !tools.every((tool) => this.#isStrict(tool));
    const pieces = isMixed ? getLenientPieces(this.#profile) : this;
    return tools.map(pieces.#stringifyTool);
  }

  #isStrict(tool: ToolObject): boolean {
    const sent = toWireTool(tool, this.#profile);
    return sent.type === 'function' && sent.function.strict === true;
  }
}

function hasCalls(message: Message): boolean {
  return message.role === 'assistant' && (message.tool_calls ?? []).length > 0;
}

/** Returns a tool of an unknown type as it is: only its server may know the type. */
function toWireTool(original: ToolObject, profile: Profile): ToolObject {
  const tool = original.type === 'custom' && !profile.customTools ? asFunctionTool(original) : original;
  if (tool.type !== 'function') return tool;
  const { strict, parameters, ...object } = tool.function;
  const form = adaptSchema({ schema: parameters, strict }, profile);
  return {
    ...tool,
    function: {
      ...object,
      ...(form.schema !== undefined && { parameters: form.schema }),
      ...(form.strict !== undefined && { strict: form.strict }),
    },
  };
}

/** Models with the same profile share their pieces. */
const getPieces = memoize((profile: Profile) => new BodyPieces(profile));

/** The pieces without strict tools. */
const getLenientPieces = memoize((profile: Profile) => new BodyPieces({ ...profile, strictSchemas: false }));
