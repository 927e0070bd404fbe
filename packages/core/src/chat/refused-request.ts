import type { ServerError } from './server-error.ts';

/**
 * Whether an error with status 5xx is about a field of the request, so that the same request fails each time.
 *
 * - llama.cpp reported such errors with status 500 through 2025: https://github.com/ggml-org/llama.cpp/issues/17574,
 *   https://github.com/containers/ramalama/issues/1431
 */
export function isRefusedRequest({ text, codes, param }: Pick<ServerError, 'text' | 'codes' | 'param'>): boolean {
  if (codes.some((code) => PASSING.test(code))) return false;
  if ((param !== undefined && PARAM.test(param)) || codes.some((code) => CODES.test(code))) return true;
  if (codes.includes('invalid_request_error') && !TRANSIENT.test(text)) return true;
  return PHRASES.some((phrase) => phrase.test(text));
}

/** Some servers send another value: Cerebras `quota`, LiteLLM `None`. */
const PARAM =
  /^(messages|tools?|tool_choice|functions?|function_call|response_format|model|prompt|input|max_\w+|temperature|top_\w+|n|stop|stream\w*|seed|log\w+|parallel_tool_calls|reasoning\w*|frequency_penalty|presence_penalty)\b/;

const PASSING = /^(408|409|425|429|502|503|504|529)$|rate_?limit|too_many|overload|quota|timeout|unavailable/i;

/** Gateways use the same type for a failure of the server behind them. */
const TRANSIENT = /internal|upstream|overload|time(d )?[- ]?out|try again|unavailable|connect|server error|temporar/i;

const CODES =
  /^(not_supported_error|unsupported_(parameter|value|format|country_region_territory)|NotImplementedError)$/i;

/** Fields of a request that the message of a transient failure does not name. */
const FIELD =
  '(tools|tool_choice|response_format|json_?schema|schema|grammar|(top_)?logprobs|parallel_tool_calls|max_tokens)';

const PHRASES: readonly RegExp[] = [
  /cannot use tools with stream|tools param requires|tool use in streaming mode/i, // llama.cpp, Bedrock
  /json schema conversion failed|unrecognized schema|failed to parse grammar|failed to initialize samplers/i, // llama.cpp
  /roles must alternate|system message must be at the beginning/i, // templates of Mistral, Gemma, Qwen
  /jinja|template (error|exception)|raise_exception|chat template/i, // llama.cpp, LM Studio
  /failed to parse (messages|tools|tool[_ ]choice|tool call arguments|response_format|json_schema)/i, // llama.cpp
  /(image|audio|video|file) input is not supported|does not support (image|tool|audio|vision|function)/i,
  new RegExp(
    `\\b(${FIELD}|stream(ing)?)\\b[^.\\n]{0,60}\\b(is|are|was|does|do)(n't| not)( currently| yet)? (supported|support|allowed|implemented|valid)`,
    'i',
  ),
  new RegExp(
    `\\b(unsupported|unrecognized|unknown|invalid|missing)( parameter| field| value)?:? ['"\`]?${FIELD}\\b`,
    'i',
  ),
];
