import type { JsonObject } from '../base/json.ts';
import { memoize } from '../base/memoize.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { asFunctionTool } from '../chat/custom-as-function.ts';
import type { Message } from '../chat/message.ts';
import type { ChatRequest, ToolObject } from '../chat/request.ts';
import type { RequestMemo } from '../model/request-memo.ts';
import { BodyBytes } from './body-bytes.ts';
import { chooseTools, withToolsOf } from './choose-tools.ts';
import { legacyFunctions, legacyMessages } from './legacy-functions.ts';
import type { Profile } from './profile.ts';
import { type FormatScope, shapeFormat } from './shape-format.ts';
import { shapeSchema } from './shape-schema.ts';
import { WireMessages } from './wire-messages.ts';

export interface BodyOptions {
  /** Where the request names none. */
  readonly model: string;
  readonly profile: Profile;
  /** Wins over the request's own fields. */
  readonly extraBody?: JsonObject | undefined;
  /** Of the run: has the JSON of its conversation that was made for earlier requests. */
  readonly memo?: RequestMemo | undefined;
}

/**
 * The JSON of a request as its server takes it, joined from pieces.
 *
 * The JSON of a message is made once a run and profile, that of a tool once: what was sent must not be changed in place.
 */
export function requestBody(request: ChatRequest, { model, profile, extraBody, memo }: BodyOptions): BodyBytes {
  const { model: named = model, messages: given, tools: offered = [], tool_choice, response_format, ...rest } = request;
  const chosen = chooseTools({ tools: offered, toolChoice: tool_choice }, response_format, profile);
  const hasTools = chosen.tools.length > 0;
  const { tools, toolChoice } = withToolsOf(given, chosen, profile);
  const { messages, format } = shapeFormat({ messages: given, format: response_format }, { profile, hasTools });
  const isLegacy = profile.toolForm === 'functions';
  const settings = {
    model: named,
    ...(isLegacy ? legacyFunctions(tools, toolChoice) : { tool_choice: toolChoice }),
    response_format: format,
    ...settingsOf(rest, { profile, hasTools: hasTools && !isLegacy }),
    ...extraBody,
  };
  const pieces = piecesFor(profile);
  const start = stringifyWellFormed(settings).slice(0, -1);
  const head = pieces.head(start, isLegacy ? [] : tools);
  const sent = isLegacy ? legacyMessages(messages) : messages;
  const wire = pieces.messagesFor(sent, { memo, hasTools: tools.length > 0 });
  return new BodyBytes([head, ...wire.bytes(sent), END]);
}

const encoder = new TextEncoder();
const END = encoder.encode(']}');

type Settings = Omit<ChatRequest, 'model' | 'messages' | 'tools' | 'tool_choice' | 'response_format'>;

/** Servers refuse stream options without a stream, and both token fields at once. `null` means the default: it is left out. */
function settingsOf(settings: Settings, { profile, hasTools }: FormatScope): object {
  const { max_completion_tokens: _, max_tokens: __, seed, ...others } = settings;
  const { stream, stream_options, parallel_tool_calls, ...rest } = others;
  const all: Readonly<Record<string, unknown>> = {
    ...tokenCap(settings, profile),
    ...(hasTools && { ...profile.defaults, ...(parallel_tool_calls !== undefined && { parallel_tool_calls }) }),
    ...rest,
    [profile.seedField]: seed,
    ...(stream === true && { stream, stream_options: streamOptions(stream_options, profile) }),
  };
  const leftOut: readonly string[] = profile.omittedFields;
  const sent: Record<string, unknown> = {};
  for (const name of Object.keys(all)) {
    const value = all[name];
    if (value != null && !leftOut.includes(name)) sent[name] = value;
  }
  return sent;
}

/** The cap on tokens under the name that the server knows. */
export function tokenCap(
  { max_completion_tokens, max_tokens }: Pick<ChatRequest, 'max_completion_tokens' | 'max_tokens'>,
  { tokenField }: Profile,
): Readonly<Record<string, number | null | undefined>> {
  return max_completion_tokens == null ? { max_tokens } : { [tokenField]: max_completion_tokens };
}

/** `null` asks for none: a server may not know them. */
function streamOptions(given: ChatRequest['stream_options'], profile: Profile): ChatRequest['stream_options'] {
  if (given === null) return undefined;
  return profile.streamOptions ? { include_usage: true, ...given } : given;
}

const NO_TOOLS: readonly ToolObject[] = [];

/** What was made once, for one profile. */
class Pieces {
  readonly #profile: Profile;
  readonly #toolJson = memoize((tool: ToolObject) => stringifyWellFormed(wireTool(tool, this.#profile)));
  /** Everything before the messages, by the list of tools. */
  readonly #heads = new WeakMap<
    readonly ToolObject[],
    { readonly start: string; readonly toolsJson: string; readonly bytes: Uint8Array }
  >();
  /** Whether messages have other fields beside tools. */
  readonly #differsWithTools: boolean;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#differsWithTools = Object.keys(profile.requiredWithTools).length > 0;
  }

  /** What was written for earlier requests of the run is kept with the run. */
  messagesFor(
    messages: readonly Message[],
    { memo, hasTools }: { readonly memo: RequestMemo | undefined; readonly hasTools: boolean },
  ): WireMessages {
    const isWithTools = this.#differsWithTools && (hasTools || messages.some(hasCalls));
    const key = isWithTools ? this.#toolJson : this;
    const known = memo?.get(key);
    if (known instanceof WireMessages) return known;
    const made = new WireMessages({ profile: this.#profile, isWithTools });
    memo?.set(key, made);
    return made;
  }

  /** `start` is the settings, without their closing brace. Those of one agent hardly ever change. */
  head(start: string, given: readonly ToolObject[]): Uint8Array {
    const tools = given.length === 0 ? NO_TOOLS : given;
    const known = this.#heads.get(tools);
    if (known?.start === start) return known.bytes;
    const toolsJson = known?.toolsJson ?? `[${this.#toolsJson(tools).join(',')}]`;
    const list = tools === NO_TOOLS ? '' : `"tools":${toolsJson},`;
    const bytes = encoder.encode(`${start},${list}"messages":[`);
    this.#heads.set(tools, { start, toolsJson, bytes });
    return bytes;
  }

  /** Some servers take strict tools only if all are. */
  #toolsJson(tools: readonly ToolObject[]): readonly string[] {
    const { strictSchemas, strictTools } = this.#profile;
    const isMixed = strictSchemas && strictTools === 'all-or-none' && !tools.every((tool) => this.#isStrict(tool));
    const pieces = isMixed ? lenientPiecesFor(this.#profile) : this;
    return tools.map(pieces.#toolJson);
  }

  #isStrict(tool: ToolObject): boolean {
    const sent = wireTool(tool, this.#profile);
    return sent.type === 'function' && sent.function.strict === true;
  }
}

function hasCalls(message: Message): boolean {
  return message.role === 'assistant' && (message.tool_calls ?? []).length > 0;
}

/** A tool of a kind that only this server knows goes out as it is. */
function wireTool(given: ToolObject, profile: Profile): ToolObject {
  const tool = given.type === 'custom' && !profile.customTools ? asFunctionTool(given) : given;
  if (tool.type !== 'function') return tool;
  const { strict, parameters, ...object } = tool.function;
  const form = shapeSchema({ schema: parameters, strict }, profile);
  return {
    ...tool,
    function: {
      ...object,
      ...(form.schema !== undefined && { parameters: form.schema }),
      ...(form.strict !== undefined && { strict: form.strict }),
    },
  };
}

/** Models that speak with servers of one kind share what was made. */
const piecesFor = memoize((profile: Profile) => new Pieces(profile));

/** Those without strict tools. */
const lenientPiecesFor = memoize((profile: Profile) => new Pieces({ ...profile, strictSchemas: false }));
