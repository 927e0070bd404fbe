import type { ServerError } from './server-error.ts';

/** Whether an error says that the conversation is longer than the model can read. */
export function isContextLengthError({ text, codes, param }: Pick<ServerError, 'text' | 'codes' | 'param'>): boolean {
  if (codes.some((code) => CODES.test(code)) && !RATE.test(text)) return true;
  const place = param ?? /'([\w[\].]+)'/.exec(text)?.[1];
  if (
    place !== undefined &&
    /(string|array) too long|(above|exceeds?) max(imum)?[ _]length|maximum length/i.test(text)
  ) {
    return /^messages(\[\d+\](\.content.*)?)?$/.test(place);
  }
  if (PHRASES.some((phrase) => phrase.test(text)) && !RATE.test(text)) return true;
  return !RATE.test(text) && text.split(/\n|(?<=[.;!])\s/).some(isExcessReport);
}

/**
 * - `context_length_exceeded`: OpenAI, Azure, Groq, Cerebras, OpenRouter. https://openrouter.ai/docs/api/reference/errors-and-debugging
 * - `exceed_context_size_error`: llama.cpp.
 * - `model_max_prompt_tokens_exceeded`: GitHub Copilot; `tokens_limit_reached`: GitHub Models.
 * - `token_limit_exceeded`: OpenRouter. `ContextWindowExceededError`: LiteLLM. `model_context_window_exceeded`: Anthropic, Z.ai.
 * - 1261: Z.ai. https://docs.z.ai/api-reference/api-code. 5021: Cloudflare Workers AI.
 */
const CODES =
  /^(context_(length|window|size)(_limit)?_exceeded|exceed_context_size_error|model_max_prompt_tokens_exceeded|tokens?_limit_(reached|exceeded)|ContextWindowExceededError|model_context_window_exceeded|(prompt|input|context)_too_long|1261|5021)$/i;

/** Unambiguous sentences. The test has the sources of those that only one vendor uses. */
const PHRASES: readonly RegExp[] = [
  /maximum context length/i, // OpenAI, vLLM, DeepSeek, Mistral, OpenRouter, Ollama, SambaNova
  /context (window|size|length) of (this|the) model|exceeds? the (available )?context (window|size|length)/i, // OpenAI, llama.cpp
  /(exceeds?|exceeded|larger than|greater than|longer than) (the |this )?(max(imum)? |model('s)? )?context (length|size|limit|window)/i, // llama.cpp, Ollama, LM Studio, Anthropic, Cloudflare, Together
  /max context length/i, // Ollama
  /context (window|length|size) (is )?exceed|context window exceeds limit|ContextWindowExceededError/i, // LiteLLM, MiniMax
  /longer than the (maximum )?(model|context) length/i, // vLLM
  /context (length|size|window) is only/i, // vLLM
  /context (size|length|window) has been exceeded/i, // LM Studio, llama.cpp
  /context overflows|context length of only/i, // LM Studio
  /maximum prompt length is \d+/i, // xAI
  /(prompt|input|conversation) (is )?too long/i, // Anthropic, Bedrock, Ollama, Fireworks
  /exceeded model token limit/i, // Moonshot
  /prompt exceeds max length|range of input length should be|message token length exceed model limit/i, // Z.ai, Qwen
  /prompt token count of \d+ exceeds the limit/i, // GitHub Copilot
  /current length is \d+ while limit is \d+/i, // Cerebras
  /`?inputs`? tokens \+ `?max_new_tokens`? must be/i, // TGI, Together
  /too many tokens: |too many input tokens/i, // Cohere, Bedrock
  /maximum (input|prompt|context|sequence|model)( token)? (length|tokens?|size) (is|of) \d+/i,
  /context (window |length |size )?(overflow|is full)/i,
  /total tokens of image and text exceed max message tokens/i, // Volcengine Ark
  /max input characters is/i, // Baidu Qianfan
  /(reduce|shorten) (the (length|size) of )?(the |your )?(messages?|prompt|input|conversation|context)\b/i, // Groq, OpenAI
  /(输入|上下文|提示词?|prompt)[^，。]{0,16}(过长|超长|超过|超出)/i,
];

/** A limit by time or by money, in the same words. Waiting or paying helps there. */
const RATE =
  /\bper[ -](second|minute|min|hour|day|week|month)\b|\b[TR]P[MDH]\b|rate.?limit|quota|throttl|too many requests|credits|balance|频率|速率|每分钟/i;

/** Whether a sentence of any server says that an input, by tokens or length, exceeds a limit. */
function isExcessReport(sentence: string): boolean {
  if (!INPUT.test(sentence) || !MEASURE.test(sentence) || !EXCESS.test(sentence) || !LIMIT.test(sentence)) return false;
  return !OTHER_MEASURE.test(sentence) && !OUTPUT_ALONE.test(sentence);
}

const INPUT =
  /\b(inputs?|prompts?|context|conversation|messages?|requests?|requested|history|sequence|token (count|limit)|(number of|total) tokens)\b/i;
const MEASURE = /\btokens?\b|\blengths?\b|context (window|size)|\bmax_(num_tokens|seq_len|input_length)\b/i;
const EXCESS =
  /\bexceed(s|ed|ing)?\b|\b(longer|more|larger|greater|less|fewer|bigger) than\b|\btoo (long|large|many|big)\b|\b(over|above|beyond|outside)\b|\bat most\b|\bonly (supports? )?\d|\bbut\b|<=|>/i;
const LIMIT =
  /\blimit(s|ed)?\b|\bmax(imum)?\b|\bmax_\w+|\ballowed\b|\bcapacity\b|\bsupports?\b|\b(than|exceed) \d+|\bcontext (window|size|length)\b|\d+ tokens\b/i;

/** Limits on files, bytes and the lengths of other fields. */
const OTHER_MEASURE =
  /\b(images?|pixels?|files?|audio|videos?|pages?|[KMG]i?B|bytes?|megabytes?|schemas?|stop sequences?|string|url|timeout|metadata|descriptions?|names?|ids?|keys?)\b/i;

/** A limit on the response: "`max_tokens` must be less than or equal to 8192". */
const OUTPUT_ALONE =
  /^(?!.*\b(input|prompt|messages)\b).*(\bmax_(completion_|output_|new_)?tokens\b|\b(completion|output) tokens?\b)/i;
