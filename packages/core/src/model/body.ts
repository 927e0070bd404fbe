import type { JsonObject } from '../base/json.ts';
import { asFunctionTool } from '../chat/custom-as-function.ts';
import type { Message } from '../chat/message.ts';
import type { ChatRequest, ToolObject } from '../chat/request.ts';
import { chooseTools } from './choose-tools.ts';
import { legacyFunctions, legacyMessages } from './legacy-functions.ts';
import type { Profile } from './profile.ts';
import { shapeFormat } from './shape-format.ts';
import { shapeSchema } from './shape-schema.ts';
import { wireMessage } from './wire-message.ts';

export interface BodyOptions {
  /** Where the request names none. */
  readonly model: string;
  readonly profile: Profile;
  /** Wins over the request's own fields. */
  readonly extraBody?: JsonObject | undefined;
}

/**
 * The JSON of a request as its server takes it, joined from pieces.
 *
 * The JSON of a message or a tool is made once for each object and profile: what was sent must not be changed in place.
 */
export function requestBody(request: ChatRequest, { model, profile, extraBody }: BodyOptions): string {
  const { model: named = model, messages: given, tools: offered = [], tool_choice, response_format, ...rest } = request;
  const { tools, toolChoice } = chooseTools({ tools: offered, toolChoice: tool_choice }, profile);
  const { messages, format } = shapeFormat({ messages: given, format: response_format }, profile);
  const isLegacy = profile.toolForm === 'functions';
  const settings = {
    ...(isLegacy ? legacyFunctions(tools, toolChoice) : { tool_choice: toolChoice }),
    response_format: format,
    ...settingsOf(rest, { profile, hasTools: tools.length > 0 && !isLegacy }),
    ...extraBody,
  };
  const pieces = piecesFor(profile);
  const sent = isLegacy ? legacyMessages(messages) : messages;
  const parts = [
    `"model":${JSON.stringify(named)}`,
    `"messages":[${sent.map((message) => pieces.message(message)).join(',')}]`,
  ];
  if (tools.length > 0 && !isLegacy) parts.push(`"tools":${pieces.tools(tools)}`);
  const json = JSON.stringify(settings);
  if (json !== '{}') parts.push(json.slice(1, -1));
  return `{${parts.join(',')}}`;
}

type Settings = Omit<ChatRequest, 'model' | 'messages' | 'tools' | 'tool_choice' | 'response_format'>;

interface Surroundings {
  readonly profile: Profile;
  readonly hasTools: boolean;
}

/** Servers refuse stream options without a stream, and both token fields at once. `null` means the default: it is left out. */
function settingsOf(settings: Settings, { profile, hasTools }: Surroundings): object {
  const { max_completion_tokens, max_tokens, seed, stream, stream_options, parallel_tool_calls, ...rest } = settings;
  const most = max_completion_tokens == null ? { max_tokens } : { [profile.tokenField]: max_completion_tokens };
  const all: Readonly<Record<string, unknown>> = {
    ...most,
    ...(hasTools && { ...profile.defaults, ...(parallel_tool_calls !== undefined && { parallel_tool_calls }) }),
    ...rest,
    [profile.seedField]: seed,
    ...(stream === true && { stream, stream_options: streamOptions(stream_options, profile) }),
  };
  const leftOut: readonly string[] = profile.leftOut;
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value != null && !leftOut.includes(name)));
}

/** `null` asks for none: a server may not know them. */
function streamOptions(given: ChatRequest['stream_options'], profile: Profile): ChatRequest['stream_options'] {
  if (given === null) return undefined;
  return profile.streamOptions ? { include_usage: true, ...given } : given;
}

/** JSON that was made once, for one profile. */
class Pieces {
  readonly #profile: Profile;
  readonly #messages = new WeakMap<Message, string>();
  readonly #tools = new WeakMap<ToolObject, string>();
  readonly #lists = new WeakMap<readonly ToolObject[], string>();

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  message(message: Message): string {
    const made = this.#messages.get(message);
    if (made !== undefined) return made;
    const json = JSON.stringify(wireMessage(message, this.#profile));
    this.#messages.set(message, json);
    return json;
  }

  tools(tools: readonly ToolObject[]): string {
    const made = this.#lists.get(tools);
    if (made !== undefined) return made;
    const json = `[${tools.map((tool) => this.#tool(tool)).join(',')}]`;
    this.#lists.set(tools, json);
    return json;
  }

  #tool(tool: ToolObject): string {
    const made = this.#tools.get(tool);
    if (made !== undefined) return made;
    const json = JSON.stringify(wireTool(tool, this.#profile));
    this.#tools.set(tool, json);
    return json;
  }
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

const made = new WeakMap<Profile, Pieces>();

/** Models that speak with servers of one kind share what was made. */
function piecesFor(profile: Profile): Pieces {
  const known = made.get(profile);
  if (known !== undefined) return known;
  const pieces = new Pieces(profile);
  made.set(profile, pieces);
  return pieces;
}
