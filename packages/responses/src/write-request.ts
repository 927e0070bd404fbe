import { ConfigError, type JsonObject, type Profile } from '@pawl/core';
import type { ChatRequest, ResponseFormat, ToolChoice, ToolObject } from '@pawl/core/chat';
import { adaptSchema, asFunctionTool, BodyBytes, listChosenNames, stringifyWellFormed } from '@pawl/core/model';
import type { CustomTool, FunctionTool, TextFormat, ToolChoice as WireToolChoice } from './request-wire.ts';
import { ItemWriter } from './write-items.ts';

export interface WriterOptions {
  /** The name of the model, unless the request has one. */
  readonly model: string;
  /** As kept parts name it. */
  readonly provider: string;
  readonly profile: Profile;
  readonly hostedTools: readonly JsonObject[];
  readonly reasoningSummary: string | undefined;
  /** Whether the reasoning has to come back encrypted. */
  readonly isReasoning: (model: string) => boolean;
  /** Replaces fields of the request. */
  readonly extraBody: JsonObject | undefined;
}

/** Writes requests of Chat Completions as requests of Responses that rely on nothing which the server stores. */
export class RequestWriter {
  readonly #options: WriterOptions;
  readonly #items: ItemWriter;
  /** The JSON of the tools, by the list: an agent sends the same list each turn. */
  readonly #tools = new WeakMap<readonly ToolObject[], string>();

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#items = new ItemWriter({ provider: options.provider, hasCustomTools: options.profile.customTools });
  }

  /** Settings and tools come first and the conversation last, so that a server's cache of prompts holds. @throws ConfigError for a field that Responses does not have */
  write(request: ChatRequest): BodyBytes {
    const { tools = NO_TOOLS, messages } = request;
    const head = stringifyWellFormed({ ...this.#writeSettings(request), ...this.#options.extraBody }).slice(0, -1);
    const toolsJson = this.#stringifyTools(tools);
    const start = encoder.encode(`${head},${toolsJson === '[]' ? '' : `"tools":${toolsJson},`}"input":[`);
    return new BodyBytes([start, ...this.#items.write(messages), END]);
  }

  #writeSettings(request: ChatRequest): object {
    const { model: ownName, isReasoning, reasoningSummary: summary } = this.#options;
    const { model = ownName, tool_choice, response_format, reasoning_effort: effort, verbosity, logprobs } = request;
    const format = this.#writeFormat(response_format);
    const include = [
      ...(isReasoning(model) ? ['reasoning.encrypted_content'] : []),
      ...(logprobs === true ? ['message.output_text.logprobs'] : []),
    ];
    const reasoning = { ...(effort != null && { effort }), ...(summary !== undefined && { summary }) };
    const text = { ...(format && { format }), ...(verbosity != null && { verbosity }) };
    const toolChoice = writeToolChoice(tool_choice, request.tools ?? NO_TOOLS);
    return {
      model,
      store: request.store ?? false,
      ...(include.length > 0 && { include }),
      ...(hasFields(reasoning) && { reasoning }),
      ...(hasFields(text) && { text }),
      ...(toolChoice !== undefined && { tool_choice: toolChoice }),
      ...selectFields(request),
    };
  }

  #stringifyTools(tools: readonly ToolObject[]): string {
    let json = this.#tools.get(tools);
    if (json === undefined) {
      json = stringifyWellFormed([...tools.map((tool) => this.#writeTool(tool)), ...this.#options.hostedTools]);
      this.#tools.set(tools, json);
    }
    return json;
  }

  #writeTool(original: ToolObject): FunctionTool | CustomTool {
    const { profile } = this.#options;
    const tool = original.type === 'custom' && !profile.customTools ? asFunctionTool(original) : original;
    if (tool.type === 'custom') {
      const { format, ...rest } = tool.custom;
      if (format?.type !== 'grammar') return { type: 'custom', ...rest, ...(format && { format }) };
      return { type: 'custom', ...rest, format: { type: 'grammar', ...format.grammar } };
    }
    const { name, description, parameters = NO_PARAMETERS, strict } = tool.function;
    const form = adaptSchema({ schema: parameters, strict }, profile);
    return {
      type: 'function',
      name,
      ...(description !== undefined && { description }),
      parameters: form.schema ?? parameters,
      strict: form.strict ?? false,
    };
  }

  #writeFormat(format: ResponseFormat | undefined): TextFormat | undefined {
    if (format?.type !== 'json_schema') return format;
    const { name, description, schema, strict } = format.json_schema;
    const form = adaptSchema({ schema, strict }, this.#options.profile);
    return {
      type: 'json_schema',
      name,
      ...(description !== undefined && { description }),
      schema: form.schema ?? {},
      ...(form.strict != null && { strict: form.strict }),
    };
  }
}

const encoder = new TextEncoder();
const END = encoder.encode(']}');

const NO_TOOLS: readonly ToolObject[] = [];
const NO_PARAMETERS = { type: 'object', properties: {}, additionalProperties: false } as const;

function hasFields(value: object): boolean {
  return Object.keys(value).length > 0;
}

function writeToolChoice(
  choice: ToolChoice | null | undefined,
  tools: readonly ToolObject[],
): WireToolChoice | undefined {
  if (choice == null) return undefined;
  if (typeof choice === 'string') return choice;
  switch (choice.type) {
    case 'function':
      return { type: 'function', name: choice.function.name };
    case 'custom':
      return { type: 'custom', name: choice.custom.name };
    case 'allowed_tools': {
      const customs = new Set(tools.flatMap((tool) => (tool.type === 'custom' ? [tool.custom.name] : [])));
      const allowed = listChosenNames(choice).map((name) => ({
        type: customs.has(name) ? 'custom' : 'function',
        name,
      }));
      return { type: 'allowed_tools', mode: choice.allowed_tools.mode, tools: allowed };
    }
  }
}

/** Selects the fields that have the same meaning in both APIs. @throws ConfigError for a field that Responses does not have */
function selectFields(request: ChatRequest): Readonly<Record<string, unknown>> {
  const sent: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request)) {
    if (value == null || WRITTEN.has(name) || DEFAULTS[name] === value) continue;
    if (name === 'stream_options' && request.stream !== true) continue;
    const field = FIELDS[name];
    if (field === undefined) {
      throw new ConfigError(`Responses has no field "${name}", so it would be ignored. Remove it, or use openai().`);
    }
    const written = name === 'stream_options' ? selectStreamOptions(value) : value;
    if (written !== undefined) sent[field] = written;
  }
  return sent;
}

/** The usage is in every stream. */
function selectStreamOptions(options: NonNullable<ChatRequest['stream_options']>): object | undefined {
  const { include_obfuscation } = options;
  return include_obfuscation === undefined ? undefined : { include_obfuscation };
}

const FIELDS: Readonly<Record<string, string>> = {
  max_completion_tokens: 'max_output_tokens',
  max_tokens: 'max_output_tokens',
  temperature: 'temperature',
  top_p: 'top_p',
  top_logprobs: 'top_logprobs',
  parallel_tool_calls: 'parallel_tool_calls',
  metadata: 'metadata',
  service_tier: 'service_tier',
  user: 'user',
  safety_identifier: 'safety_identifier',
  prompt_cache_key: 'prompt_cache_key',
  prompt_cache_options: 'prompt_cache_options',
  prompt_cache_retention: 'prompt_cache_retention',
  moderation: 'moderation',
  stream: 'stream',
  stream_options: 'stream_options',
};

/** Written elsewhere. */
const WRITTEN: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'tool_choice',
  'response_format',
  'reasoning_effort',
  'verbosity',
  'logprobs',
  'store',
]);

/** Values that ask for what Responses does anyway. */
const DEFAULTS: Readonly<Record<string, unknown>> = { n: 1, stream: false };
