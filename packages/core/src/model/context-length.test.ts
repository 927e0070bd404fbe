import { expect, test } from 'vitest';
import { isContextLength } from './context-length.ts';

test.each([
  ['OpenAI', "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."],
  ['OpenAI, newer', 'Your input exceeds the context window of this model. Please adjust your input and try again.'],
  ['vLLM', 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
  [
    'vLLM, newer',
    "You passed 1015 input tokens and requested 10 output tokens. However, the model's context length is only 1024 tokens.",
  ],
  ['LM Studio', 'Context size has been exceeded.'],
  ['llama.cpp', 'the request exceeds the available context size, try increasing it'],
  ['llama.cpp, older', 'input is larger than the max context size. skipped'],
  ['Ollama', 'prompt too long; exceeded max context length by 12 tokens'],
  ['Ollama, embedded', 'the input length exceeds the context length'],
  [
    'LM Studio',
    'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
  ],
  ['Mistral', 'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length'],
  ['Groq', 'Please reduce the length of the messages or completion.'],
  ['Anthropic', 'prompt is too long: 210000 tokens > 200000 maximum'],
  ['Anthropic, with the reply', 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'],
  ['OpenRouter', "This endpoint's maximum context length is 131072 tokens. However, you requested about 200000 tokens"],
  ['xAI', "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
  ['Gemini', 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).'],
  ['Bedrock', 'Input is too long for requested model.'],
  ['Moonshot', 'Invalid request: Your request exceeded model token limit: 8192'],
  ['MiniMax', 'invalid params, context window exceeds limit'],
  ['Qwen', 'Range of input length should be [1, 30720]'],
  ['Together', '`inputs` tokens + `max_new_tokens` must be <= 4097'],
])('a conversation that is too long is recognised as %s says it', (_, message) => {
  expect(isContextLength({ message })).toBe(true);
});

test.each(['context_length_exceeded', 'exceed_context_size_error', 'tokens_limit_reached'])(
  'a conversation that is too long is recognised by the code %s',
  (code) => {
    expect([isContextLength({ message: '', code }), isContextLength({ message: '', type: code })]).toEqual([
      true,
      true,
    ]);
  },
);

test.each([
  'Rate limit reached for gpt-5 on tokens per min (TPM): Limit 10000, Used 9000, Requested 3000.',
  "Invalid schema for function 'get': the name is too long",
  'max_tokens is too large: 100000. This model supports at most 16384 completion tokens.',
  'Missing required parameter: messages',
])('another complaint is not taken for it: %s', (message) => {
  expect(isContextLength({ message, code: 'invalid_request_error' })).toBe(false);
});
