import type { ChatRequest, Message, ToolChoice } from '@pawl/core/chat';

const breakpoint = { mode: 'explicit' } as const;

/** Each field of a request except the messages, with a value. */
export const everyField: Required<Omit<ChatRequest, 'model' | 'messages'>> = {
  audio: { voice: 'alloy', format: 'wav' },
  frequency_penalty: 0.5,
  function_call: { name: 'old' },
  functions: [{ name: 'old', description: 'Old.', parameters: { type: 'object' } }],
  logit_bias: { '50256': -100 },
  logprobs: true,
  max_completion_tokens: 100,
  max_tokens: 200,
  metadata: { order: '42' },
  modalities: ['text', 'audio'],
  moderation: { model: 'omni-moderation-latest', policy: { input: { mode: 'score' }, output: { mode: 'block' } } },
  n: 2,
  parallel_tool_calls: false,
  prediction: { type: 'content', content: [{ type: 'text', text: 'The same again.' }] },
  presence_penalty: -0.5,
  prompt_cache_key: 'order',
  prompt_cache_options: { mode: 'explicit', ttl: '30m' },
  prompt_cache_retention: '24h',
  reasoning_effort: 'low',
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'output', description: 'All.', schema: { type: 'object' }, strict: true },
  },
  safety_identifier: 'c0ffee',
  seed: 7,
  service_tier: 'flex',
  stop: ['END', 'STOP'],
  store: true,
  stream: true,
  stream_options: { include_usage: false, include_obfuscation: false },
  temperature: 0,
  tool_choice: 'auto',
  tools: [
    {
      type: 'function',
      function: { name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true },
    },
    {
      type: 'custom',
      custom: {
        name: 'ask',
        description: 'Asks.',
        format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
      },
    },
    { type: 'custom', custom: { name: 'say', format: { type: 'text' } } },
  ],
  top_logprobs: 3,
  top_p: 0.9,
  user: 'me',
  verbosity: 'low',
  web_search_options: {
    search_context_size: 'low',
    user_location: {
      type: 'approximate',
      approximate: { city: 'Oslo', country: 'NO', region: 'Oslo', timezone: 'Europe/Oslo' },
    },
  },
};

export const everyToolChoice: readonly ToolChoice[] = [
  'none',
  'auto',
  'required',
  { type: 'function', function: { name: 'look' } },
  { type: 'custom', custom: { name: 'ask' } },
  {
    type: 'allowed_tools',
    allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'look' } }] },
  },
];

/** Each role, with each part that it may have. */
export const everyMessage: readonly Message[] = [
  { role: 'system', content: 'Be brief.', name: 'house' },
  { role: 'system', content: [{ type: 'text', text: 'Be brief.', prompt_cache_breakpoint: breakpoint }] },
  { role: 'developer', content: 'Be brief.', name: 'house' },
  {
    role: 'user',
    name: 'Ada',
    content: [
      { type: 'text', text: 'What is this?', prompt_cache_breakpoint: breakpoint },
      { type: 'image_url', image_url: { url: 'https://example.test/a.png', detail: 'low' } },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' }, prompt_cache_breakpoint: breakpoint },
      { type: 'file', file: { file_data: 'AA==', filename: 'a.pdf' } },
      { type: 'file', file: { file_id: 'file-1' } },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'No. ' },
      { type: 'refusal', refusal: 'I will not.' },
    ],
    refusal: 'I will not.',
    name: 'model',
    audio: { id: 'audio-1' },
  },
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } },
      { id: 'b', type: 'custom', custom: { name: 'ask', input: 'a' } },
    ],
  },
  { role: 'assistant', content: null, function_call: { name: 'old', arguments: '{}' } },
  { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'It rains.' }] },
  { role: 'function', name: 'old', content: 'It rains.' },
];
