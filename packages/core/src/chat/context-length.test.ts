import { expect, test } from 'vitest';
import { isContextLengthError } from './context-length.ts';
import { readServerError } from './server-error.ts';

/** Messages of servers, with public sources. */
const refusals: readonly (readonly [server: string, message: string, source?: string])[] = [
  ['OpenAI', "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."],
  ['OpenAI, newer', 'Your input exceeds the context window of this model. Please adjust your input and try again.'],
  [
    'OpenAI, one message',
    "Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760, but got a string with length 12000000 instead.",
  ],
  ['vLLM', 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
  [
    'vLLM, newer',
    "You passed 1015 input tokens and requested 10 output tokens. However, the model's context length is only 1024 tokens.",
  ],
  [
    'vLLM, with the response',
    "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens and your request has 2104 input tokens (2000 > 4096 - 2104).",
    'https://github.com/canfieldjuan/finetunelab.ai',
  ],
  ['LM Studio', 'Context size has been exceeded.'],
  ['LM Studio', 'The number of tokens to keep from the initial prompt is greater than the context length.'],
  [
    'LM Studio',
    'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
  ],
  ['llama.cpp', 'the request exceeds the available context size, try increasing it'],
  ['llama.cpp, older', 'input is larger than the max context size. skipped'],
  ['Ollama', 'prompt too long; exceeded max context length by 12 tokens'],
  ['Ollama, embedded', 'the input length exceeds the context length'],
  ['Mistral', 'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length'],
  ['Groq', 'Please reduce the length of the messages or completion.'],
  [
    'Cerebras',
    'Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192',
    'https://github.com/BerriAI/litellm/blob/main/litellm/litellm_core_utils/exception_mapping_utils.py',
  ],
  ['Cerebras, cut', 'Current length is 9000 while limit is 8192'],
  ['a gateway', 'Please reduce the length of the prompt'],
  ['Anthropic', 'prompt is too long: 210000 tokens > 200000 maximum'],
  [
    'Anthropic, with the response',
    'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again',
    'https://github.com/stackblitz/bolt.new/issues/7422',
  ],
  ['OpenRouter', "This endpoint's maximum context length is 131072 tokens. However, you requested about 200000 tokens"],
  ['OpenRouter, Poolside', 'Input length 140000 exceeds the maximum allowed input length of 131072 tokens.'],
  ['xAI', "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
  [
    'Gemini',
    'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
    'https://github.com/google-gemini/gemini-cli/issues/6678',
  ],
  ['Bedrock', 'Input is too long for requested model.'],
  ['Bedrock, Titan', '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9279'],
  [
    'Bedrock, Nova',
    'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
  ],
  ['Moonshot', 'Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)'],
  ['MiniMax', 'invalid params, context window exceeds limit'],
  ['Qwen', '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]'],
  ['Z.ai', 'tokens in request more than max tokens allowed'],
  ['Z.ai', 'Prompt 超长'],
  ['Together', '`inputs` tokens + `max_new_tokens` must be <= 4097'],
  ['Together, SGLang', "The input (140000 tokens) is longer than the model's context length (131072 tokens)."],
  [
    'SGLang',
    "Requested token count exceeds the model's maximum context length of 256000 tokens. You requested a total of 256878 tokens: 31216 tokens from the input messages and 225662 tokens for the completion.",
    'https://github.com/anomalyco/models.dev/pull/4422',
  ],
  ['TGI', '`inputs` must have less than 4096 tokens. Given: 5000'],
  ['Fireworks', 'The prompt is too long: 140000, model maximum context length: 131071'],
  ['DeepInfra', 'Requested input length 140000 exceeds maximum input length 131072'],
  [
    'Cohere',
    'too many tokens: total number of tokens (prompt and prediction) cannot exceed 2048 - received 6354.',
    'https://github.com/cohere-ai/sandbox-topically/issues/4',
  ],
  [
    'Cloudflare',
    'AiError: The estimated number of input and maximum output tokens (8192) exceeded this model context window limit (7968).',
  ],
  ['watsonx', 'the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model'],
  ['Databricks', 'Bad request: prompt token count: 4500 cannot exceed 4096. Please decrease prompt length.'],
  [
    'TensorRT-LLM, NIM',
    'Prompt length (5056) exceeds maximum input length (2048).',
    'https://github.com/triton-inference-server/tensorrtllm_backend/issues/565',
  ],
  ['Volcengine Ark', 'Total tokens of image and text exceed max message tokens.'],
  ['a gateway', 'input tokens exceed the configured limit of 131072 tokens'],
  ['a gateway', 'Input length 140000 exceeds the maximum length 131072'],
  ['a gateway', 'The number of input tokens exceeds the maximum'],
  ['a gateway', 'Requested tokens (150000) exceed context window of 131072'],
  ['a gateway', 'Your prompt has 9000 tokens, which is over the limit of 8192 tokens'],
  ['a gateway', 'This request has 150000 tokens, but the model supports only 128000'],
  ['a gateway', 'Maximum input length is 8192 tokens'],
  ['a gateway', 'Token count exceeds the limit of the model'],
  ['a gateway', 'The request may have only 8192 tokens'],
  ['a gateway', 'The request has 9000 tokens: we only support 8192 tokens'],
  ['a gateway', 'These messages exceed model context limits'],
  ['a gateway', 'The input exceeds context limits'],
  ['a gateway', 'Conversation too long'],
  ['a gateway', 'The prompt tokens are above the max'],
  ['a gateway', 'inputs tokens + max_new_tokens must be <= 4097'],
  ['a gateway', 'The conversation has too many tokens for this model (limit: 32000 tokens)'],
];

test.each(refusals)('recognizes a conversation that is too long in the words of %s: %s', (_, message) => {
  expect(isContextLengthError(readServerError({ error: { message, type: 'invalid_request_error' } }))).toBe(true);
});

test.each([
  'context_length_exceeded',
  'exceed_context_size_error',
  'tokens_limit_reached',
  'model_max_prompt_tokens_exceeded',
  'token_limit_exceeded',
  'ContextWindowExceededError',
  '1261',
])('recognizes a conversation that is too long by the code %s, in any field and depth', (code) => {
  expect(isContextLengthError(readServerError({ error: { message: 'No.', code } }))).toBe(true);
  expect(isContextLengthError(readServerError({ error: { message: 'No.', type: code } }))).toBe(true);
  const raw = JSON.stringify({ error: { message: 'No.', code } });
  expect(isContextLengthError(readServerError({ error: { message: 'No.', metadata: { raw } } }))).toBe(true);
});

const others: readonly (readonly [message: string, param?: string])[] = [
  ['Rate limit reached for gpt-5 on tokens per min (TPM): Limit 10000, Used 9000, Requested 3000.'],
  [
    'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.',
  ],
  ["This request would exceed your organization's rate limit of 30,000 input tokens per minute."],
  ['Quota exceeded for metric: generate_content_free_tier_input_token_count, limit: 250000'],
  ['Too many tokens, please wait before trying again.'],
  [
    'This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 2666.',
  ],
  ['Prompt tokens limit exceeded: 12345 > 10000. To increase, add credits.'],
  ["Invalid schema for function 'get': the name is too long"],
  ['max_tokens is too large: 100000. This model supports at most 16384 completion tokens.', 'max_tokens'],
  ['max_completion_tokens is too large: 1298829. This model supports at most 1048576'],
  [
    '`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than the `context_window` for this model',
  ],
  ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'],
  [
    "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, but got a string with length 2000 instead.",
    'tools[0].function.description',
  ],
  [
    "Invalid 'metadata.note': string too long. Expected a string with maximum length 512, but got a string with length 600 instead.",
    'metadata.note',
  ],
  [
    "Invalid 'messages[1].name': string too long. Expected a string with maximum length 64, but got a string with length 70 instead.",
    'messages[1].name',
  ],
  [
    "Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 60 instead.",
    'messages[3].tool_calls[0].id',
  ],
  ["Invalid 'user': string too long. Expected a string with maximum length 64.", 'user'],
  ['The number of output tokens exceeds the limit of the model'],
  ['Input image exceeds the maximum size of 5 MB'],
  ['The tokens of this request exceed the TPM limit of 6000'],
  ['The request has max_tokens above the limit of 4096 tokens'],
  ['The tokens of the image in this request exceed the limit of 1000'],
  ['The length of the id in messages[0] exceeds the limit of 64'],
  ['The length of a name in messages[0] exceeds the limit of 64'],
  ['The length of the key in this request exceeds the limit of 64'],
  ['The number of input images exceeds the limit of 10'],
  ['Request timed out: exceeded the maximum of 600 s'],
  ['Missing required parameter: messages'],
  ['The model `gpt-6` does not exist'],
];

test.each(others)('does not mistake another error for a context length error: %s', (message, param) => {
  expect(isContextLengthError(readServerError({ error: { message, param, code: 'invalid_request_error' } }))).toBe(
    false,
  );
});
