import { ConfigError, type JsonObject, type ModelContext } from '@pawl/core';
import type { ChatRequest, FunctionToolObject, JsonSchema, ToolChoice, ToolObject } from '@pawl/core/chat';
import {
  asFunctionTool,
  getStrictForm,
  getToolObjectName,
  isRecord,
  listChosenNames,
  toDraft07,
} from '@pawl/core/model';
import type { CallOptions, CallOptionsV3, FunctionTool, Metadata, Model } from './model.ts';
import type { AiSdkOptions, ProviderSettings } from './options.ts';
import { PromptWriter } from './prompt.ts';
import { toPromptV3 } from './v3.ts';

interface WriterOptions extends Pick<AiSdkOptions, 'strict' | 'filesInResults' | 'providerOptions'> {
  readonly name: string;
}

type Settings = Omit<CallOptions, 'prompt' | 'tools' | 'toolChoice' | 'responseFormat' | 'providerOptions' | 'headers'>;

/** Writes requests as call options of the AI SDK. */
export class CallOptionsWriter {
  readonly #model: Model;
  readonly #options: WriterOptions;
  readonly #prompt: PromptWriter;
  /** Set for providers of Responses. */
  readonly #responsesVendor: 'azure' | 'openai' | undefined;
  readonly #tools = new WeakMap<ToolObject, FunctionTool>();

  constructor(model: Model, options: WriterOptions) {
    const { provider } = model;
    const { filesInResults = READS_FILES_IN_RESULTS.test(provider) } = options;
    this.#model = model;
    this.#options = options;
    this.#prompt = new PromptWriter({ provider, filesInResults });
    if (RESPONSES.test(provider)) this.#responsesVendor = provider.startsWith('azure') ? 'azure' : 'openai';
    if (typeof options.providerOptions === 'object') checkProviderOptions(options.providerOptions);
  }

  /** @throws ConfigError for a field that the specification does not have. */
  write(
    request: ChatRequest,
    { signal, traceparent }: Pick<ModelContext, 'signal' | 'traceparent'>,
  ): CallOptions | CallOptionsV3 {
    this.#checkModelName(request.model);
    const { messages, response_format, tools = [], tool_choice } = request;
    const providerOptions = this.#chooseProviderOptions(request);
    const format = this.#writeFormat(response_format);
    const options: CallOptions = {
      prompt: this.#prompt.write(messages),
      ...writeSettings(request, this.#model),
      ...this.#writeTools(tools, tool_choice),
      ...(format && { responseFormat: format }),
      ...(providerOptions && { providerOptions }),
      ...(traceparent !== undefined && { headers: { traceparent } }),
      abortSignal: signal,
    };
    if (this.#model.specificationVersion === 'v4') return options;
    const { prompt, ...rest } = options; // `checkEffort` refuses reasoning, which version 3 does not have.
    return { ...rest, prompt: toPromptV3(prompt) } as CallOptionsV3; // The other fields are the same in both.
  }

  #checkModelName(requested: string | undefined): void {
    const { modelId } = this.#model;
    const { name } = this.#options;
    if (requested === undefined || requested === modelId || requested === name) return;
    throw new ConfigError(
      `The request asks for the model "${requested}", but this is "${modelId}" of ${this.#model.provider}. Make a model of the other one with fromAiSdk().`,
    );
  }

  #writeTools(tools: readonly ToolObject[], choice: ToolChoice | undefined): Pick<CallOptions, 'tools' | 'toolChoice'> {
    if (tools.length === 0) return {};
    const isNarrowed = typeof choice === 'object' && choice !== null && choice.type === 'allowed_tools';
    const names = isNarrowed ? new Set(listChosenNames(choice)) : undefined;
    const allowed = names === undefined ? tools : tools.filter((tool) => names.has(getToolObjectName(tool)));
    const toolChoice = writeToolChoice(choice);
    if (allowed.length === 0) return {};
    return { tools: allowed.map((tool) => this.#writeTool(tool)), ...(toolChoice && { toolChoice }) };
  }

  #writeTool(tool: ToolObject): FunctionTool {
    const known = this.#tools.get(tool);
    if (known !== undefined) return known;
    const { name, description, parameters, strict }: FunctionToolObject['function'] =
      tool.type === 'custom' ? asFunctionTool(tool).function : tool.function;
    const form =
      this.#options.strict === true && strict !== false && parameters !== undefined
        ? getStrictForm(parameters)
        : undefined;
    const written = {
      type: 'function',
      name,
      ...(description !== undefined && { description }),
      inputSchema: writeSchema(form ?? parameters ?? NO_PARAMETERS),
      ...(form !== undefined && { strict: true }),
    } as const;
    this.#tools.set(tool, written);
    return written;
  }

  #writeFormat(format: ChatRequest['response_format']): CallOptions['responseFormat'] {
    switch (format?.type) {
      case undefined:
      case 'text':
        return undefined;
      case 'json_object':
        return { type: 'json' };
      case 'json_schema': {
        const { name, description, schema, strict } = format.json_schema;
        // Providers that enforce a schema want a strict one; core reads its output in either form.
        const form = schema && strict !== false ? (getStrictForm(schema) ?? schema) : schema;
        return {
          type: 'json',
          ...(form && { schema: writeSchema(form) }),
          name,
          ...(description !== undefined && { description }),
        };
      }
    }
  }

  #chooseProviderOptions(request: ChatRequest): Metadata | undefined {
    const { providerOptions: given } = this.#options;
    const own = typeof given === 'function' ? checkProviderOptions(given(request)) : given;
    const vendor = this.#responsesVendor;
    if (vendor === undefined) return own as Metadata | undefined; // Objects of JSON.
    return { ...own, [vendor]: { ...STATELESS, ...own?.[vendor] } } as Metadata;
  }
}

function writeSchema(schema: JsonSchema): FunctionTool['inputSchema'] {
  return toDraft07(schema) as FunctionTool['inputSchema']; // Draft 7.
}

/** Other providers of the AI SDK write a result with files as one JSON text, with the base64 in it. */
const READS_FILES_IN_RESULTS = /(^|\.)(anthropic|google)(\.|$)|^amazon-bedrock|vertex|^(openai|azure)\.responses$/i;

/** Providers of Responses. An application may give them a name of its own, but their options stay under that of the vendor. */
const RESPONSES = /\.responses$/;

/**
 * A run that resumes next week cannot rely on what a server stored: the reasoning goes back encrypted instead. The providers ask for it themselves
 * if `store` is false and the model can reason.
 */
const STATELESS: JsonObject = { store: false };

const NO_PARAMETERS: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

function checkProviderOptions(options: unknown): ProviderSettings {
  if (isRecord(options) && Object.values(options).every(isRecord)) return options as ProviderSettings; // Its fields are the provider's own.
  const example = 'providerOptions: { anthropic: { thinking: { type: "adaptive" } } }';
  throw new ConfigError(`fromAiSdk(): providerOptions must have one object for each provider, by name: ${example}.`);
}

function writeToolChoice(choice: ToolChoice | undefined): CallOptions['toolChoice'] {
  if (choice == null) return undefined;
  if (typeof choice === 'string') return { type: choice };
  switch (choice.type) {
    case 'function':
      return { type: 'tool', toolName: choice.function.name };
    case 'custom':
      return { type: 'tool', toolName: choice.custom.name };
    case 'allowed_tools':
      return { type: choice.allowed_tools.mode };
  }
}

/** @throws ConfigError for a setting that the specification does not have. */
function writeSettings(request: ChatRequest, model: Model): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request)) {
    if (value == null || HANDLED.has(name) || DEFAULT_VALUES[name] === value) continue;
    if (name === 'reasoning_effort') settings['reasoning'] = checkEffort(value, model);
    else if (name === 'stop') settings['stopSequences'] = typeof value === 'string' ? [value] : value;
    else if (Object.hasOwn(SETTINGS, name)) settings[SETTINGS[name] as keyof Settings] = value;
    else throw createSettingError(name, model);
  }
  return settings as Settings; // Each name stands in the table, and the values are those of the request.
}

const SETTINGS: Readonly<Record<string, keyof Settings>> = {
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  temperature: 'temperature',
  top_p: 'topP',
  seed: 'seed',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
};

const HANDLED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'tool_choice',
  'response_format',
  'stream',
  'stream_options',
]);

/** Values that ask for what every provider does anyway. */
const DEFAULT_VALUES: Readonly<Record<string, unknown>> = { n: 1, parallel_tool_calls: true, logprobs: false };

function checkEffort(effort: unknown, { specificationVersion, provider }: Model): string {
  if (specificationVersion === 'v3') {
    throw new ConfigError(
      `reasoning_effort is not a part of specification v3, which the model of ${provider} has. Remove it, and set the provider's own option in providerOptions of fromAiSdk().`,
    );
  }
  if (typeof effort === 'string' && EFFORTS.has(effort)) return effort;
  throw new ConfigError(
    `reasoning_effort is ${JSON.stringify(effort)}. The AI SDK has ${[...EFFORTS].join(', ')}; set another value in providerOptions of fromAiSdk().`,
  );
}

const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

function createSettingError(name: string, { provider }: Model): ConfigError {
  return new ConfigError(
    `The AI SDK has no setting "${name}", so it would be ignored. Remove it, and set the option of ${provider} in providerOptions of fromAiSdk().`,
  );
}
