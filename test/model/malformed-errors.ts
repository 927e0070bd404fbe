import type { JsonObject } from '@pawl/core';

/** The output of a model. */
export const CALL = '<function=get_weather={"city":"Oslo"}</function>';
export const GROQ = {
  message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
  type: 'invalid_request_error',
  code: 'tool_use_failed',
};

export interface MalformedError {
  readonly server: string;
  readonly status: number;
  readonly error: JsonObject;
  /** The output that the correction quotes. Absent if the server does not quote it. */
  readonly text?: string;
}

/** How servers report output of the model that they cannot parse. */
export const malformedErrors: readonly MalformedError[] = [
  // https://github.com/groq/groq-typescript/issues/28
  { server: 'Groq', status: 400, error: { ...GROQ, failed_generation: CALL }, text: CALL },
  { server: 'Groq, no text', status: 400, error: { ...GROQ, failed_generation: '' } },
  {
    // https://github.com/thepersonalaicompany/amurex-backend/issues/38
    server: 'Groq, JSON',
    status: 400,
    error: {
      message: "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
      type: 'invalid_request_error',
      code: 'json_validate_failed',
      failed_generation: '{"a": }',
    },
    text: '{"a": }',
  },
  {
    // https://github.com/HunorLaczko/ha-groq-cloud-api/issues/20
    server: 'Groq, arguments that do not match',
    status: 400,
    error: {
      message:
        'tool call validation failed: parameters for tool get_weather did not match schema: errors: [`/city`: missing]',
      type: 'invalid_request_error',
      param: '',
      code: 'tool_use_failed',
    },
    text: 'parameters for tool get_weather did not match schema: errors: [`/city`: missing]',
  },
  {
    // https://github.com/vybestack/llxprt-code/issues/221
    server: 'Cerebras',
    status: 400,
    error: {
      message:
        'Failed to generate tool_calls. Exception: Failed to generate tool call. Tool is not present in the tools list.',
    },
    text: 'Tool is not present in the tools list.',
  },
  {
    // https://github.com/ollama/ollama/issues/17638
    server: 'Ollama',
    status: 500,
    error: {
      message: `error parsing tool call: raw='{"city": "Oslo"}]', err=invalid character ']' after top-level value`,
    },
    text: '{"city": "Oslo"}]',
  },
  {
    // https://github.com/ggml-org/llama.cpp/issues/23838
    server: 'llama.cpp',
    status: 500,
    error: {
      code: 500,
      message: "Failed to parse input at pos 395: <|tool_call_start|>[get_weather(city='Oslo')]<|tool_call_end|>",
      type: 'server_error',
    },
    text: "[get_weather(city='Oslo')]",
  },
  {
    // https://github.com/mostlygeek/llama-swap/issues/856
    server: 'llama.cpp, no text',
    status: 500,
    error: {
      code: 500,
      message: 'The model produced output that does not match the expected peg-native format',
      type: 'server_error',
    },
  },
  {
    // https://github.com/speakleash/bielik-tools/issues/9
    server: 'vLLM',
    status: 400,
    error: {
      message: `1 validation error for list[function-wrap[__log_extra_fields__()]]\n  Invalid JSON: expected value at line 1 column 1 [type=json_invalid, input_value='<tool_call> {"name": "ge...ments": {}}</tool_call>', input_type=str]`,
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    text: '<tool_call> {"name": "ge...ments": {}}</tool_call>',
  },
  {
    server: 'Groq, output that cannot be parsed',
    status: 400,
    error: {
      message:
        "Parsing failed. The model generated output that could not be parsed. Please adjust your prompt. See 'failed_generation' for more details.",
      type: 'invalid_request_error',
      code: 'output_parse_failed',
      failed_generation: '<|channel|>commentary',
    },
    text: '<|channel|>commentary',
  },
  {
    server: 'TGI',
    status: 422,
    error: { message: 'Tool error: Failed to parse generated text: EOF', error_type: 'tool_error' },
  },
  {
    server: 'vLLM, harmony',
    status: 500,
    error: { message: 'Unexpected token 12606 while expecting start token 200006' },
  },
  {
    server: 'a gateway',
    status: 400,
    error: { message: 'The model produced an invalid tool call.', type: 'invalid_request_error' },
  },
  {
    server: 'OpenRouter, with the words of Groq',
    status: 400,
    error: {
      message: 'Provider returned error',
      code: 400,
      metadata: { raw: JSON.stringify({ error: { ...GROQ, failed_generation: CALL } }), provider_name: 'Groq' },
    },
    text: CALL,
  },
  {
    // https://github.com/OpenHands/OpenHands/issues/10187
    server: 'LiteLLM, with the words of Groq',
    status: 400,
    error: {
      message: `litellm.BadRequestError: GroqException - ${JSON.stringify({ error: { ...GROQ, message: 'Failed to parse tool call arguments as JSON', failed_generation: 'import csv' } })}\n. Received Model Group=coding`,
      type: null,
      param: null,
      code: '400',
    },
    text: 'import csv',
  },
];
