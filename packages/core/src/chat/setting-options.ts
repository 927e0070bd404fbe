import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { ChatRequest, ChatSettings } from './request.ts';

/** Returns request fields after a check of their names and types. @throws ConfigError for an unknown field, and for more than one choice */
export function readSettings(settings: ChatSettings, where: string): ChatSettings {
  const checked = checkOptions<ChatSettings>(settings, SETTINGS, where);
  checkSingleChoice(checked, where);
  return checked;
}

/** @throws ConfigError for more than one choice */
export function checkSingleChoice({ n }: ChatSettings, where: string): void {
  if (n === undefined || n === null || n === 1) return;
  throw new ConfigError(
    `${where}.n is ${n}, but a run uses one choice. Leave it out, or call the model itself: model.send({ messages, n: ${n} }).`,
  );
}

/** Request fields that another option sets. */
const REQUEST_FIELDS: Readonly<Record<Exclude<keyof ChatRequest, keyof ChatSettings | 'stream_options'>, string>> = {
  messages: 'Pass messages to the run: agent.run(messages).',
  model: 'Use the option model of the agent.',
  tools: 'Use the option tools of the agent.',
  functions: 'Use the option tools of the agent: legacy servers get them as functions.',
  tool_choice: 'Use the option toolChoice of the agent.',
  function_call: 'Use the option toolChoice of the agent.',
  stream: 'Use the option stream of the run: agent.run(input, { stream }).',
};

export const SETTINGS: OptionTable<ChatSettings> = {
  keys: {
    max_completion_tokens: ['number', 'null'],
    max_tokens: ['number', 'null'],
    temperature: ['number', 'null'],
    top_p: ['number', 'null'],
    frequency_penalty: ['number', 'null'],
    presence_penalty: ['number', 'null'],
    logit_bias: ['object', 'null'],
    logprobs: ['boolean', 'null'],
    top_logprobs: ['number', 'null'],
    stop: ['text', 'list', 'null'],
    seed: ['number', 'null'],
    n: ['number', 'null'],
    parallel_tool_calls: 'boolean',
    reasoning_effort: ['text', 'null'],
    verbosity: [{ low: true, medium: true, high: true }, 'null'],
    response_format: 'object',
    modalities: ['list', 'null'],
    audio: ['object', 'null'],
    prediction: ['object', 'null'],
    metadata: ['object', 'null'],
    store: ['boolean', 'null'],
    service_tier: ['text', 'null'],
    user: 'text',
    safety_identifier: ['text', 'null'],
    prompt_cache_key: ['text', 'null'],
    prompt_cache_options: 'object',
    prompt_cache_retention: [{ in_memory: true, '24h': true }, 'null'],
    web_search_options: 'object',
    moderation: ['object', 'null'],
  },
  hints: {
    ...REQUEST_FIELDS,
    stream_options: 'Use extraBody of the model: openai(model, { extraBody: { stream_options } }).',
    maxTokens: 'Did you mean "modelSettings.max_completion_tokens"?',
    maxOutputTokens: 'Did you mean "modelSettings.max_completion_tokens"?',
    stopSequences: 'Did you mean "modelSettings.stop"?',
    reasoning: 'Did you mean "modelSettings.reasoning_effort"?',
    toolChoice: 'Use the option toolChoice of the agent.',
    extraBody: 'It is an option of the model: openai(model, { extraBody }).',
    headers: 'It is an option of the model: openai(model, { headers }).',
  },
  note: (name) => `Pass a field that only some servers know with the model: openai(model, { extraBody: { ${name} } }).`,
};
