import fc, { type Arbitrary } from 'fast-check';

/** Fields that a reader knows, and some that no object should have. */
const NAMES = [
  'choices delta message content role tool_calls function function_call custom arguments input name id index type',
  'finish_reason native_finish_reason stop_reason usage x_groq prompt_tokens completion_tokens total_tokens prompt_tokens_details cached_tokens logprobs',
  'reasoning_content reasoning reasoning_details text thinking signature refusal audio data annotations error object created model',
  'service_tier content_filter_results prompt_filter_results __proto__ constructor toString',
].flatMap((names) => names.split(' '));

const VALUES = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  1e300,
  '',
  'a',
  '{',
  '{}',
  '{"a":1}',
  ' ',
  'stop',
  'tool_calls',
  'MAX_TOKENS',
  'error',
  'null',
  'assistant',
  '<think>',
  '</think>',
  '12',
  '__proto__',
];

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 2, arbitrary: fc.constantFrom<unknown[]>(...VALUES) },
    { weight: 3, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 5 }) },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
  ),
}));

const text = fc.constantFrom('', 'a', 'b', '{}', '{"a":1}', '{"', '"}', ' ', '}');
/** A call with known fields and odd values. */
const call = fc.record(
  {
    index: fc.constantFrom<unknown[]>(0, 1, 2, null, '1', -1),
    id: fc.constantFrom<unknown[]>('', 'a', 'b', 'call_0_0', 'call_0_1', null, 7),
    type: fc.constantFrom<unknown[]>('function', 'custom', '', null, 'tool_use'),
    function: fc.record({ name: text, arguments: fc.oneof(text, value), input: value }, { requiredKeys: [] }),
    custom: fc.record({ name: text, input: fc.oneof(text, value), arguments: value }, { requiredKeys: [] }),
    name: text,
    arguments: text,
    input: value,
    extra_content: value,
  },
  { requiredKeys: [] },
);
const count = fc.oneof(fc.nat(), fc.nat().map(String), fc.double(), value);
const details = fc.dictionary(
  fc.constantFrom('cached_tokens', 'cache_write_tokens', 'citation_tokens', 'reasoning_tokens', '__proto__'),
  count,
);
const counts = [
  ...['prompt_tokens', 'completion_tokens', 'total_tokens', 'input_tokens', 'output_tokens', 'reasoning_tokens'],
  ...['cached_tokens', 'prompt_cache_hit_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'],
  'citation_tokens',
];

/** Values in place of token counts. */
export const usage = fc.oneof(
  fc.dictionary(fc.constantFrom(...counts), count),
  fc
    .tuple(
      fc.dictionary(fc.constantFrom(...counts), count),
      fc.dictionary(fc.constantFrom('prompt_tokens_details', 'completion_tokens_details'), fc.oneof(details, value)),
    )
    .map(([plain, detailed]) => ({ ...plain, ...detailed })),
);
const calls = fc.array(fc.oneof({ weight: 5, arbitrary: call }, { weight: 1, arbitrary: value }), { maxLength: 4 });
/** Markup of calls in a text: of the tool `f`, and of an unknown tool. */
const MARKUP = ['<tool_call>', '{"name":"f"}', '{"name":"g"}', '</tool_call>', '<function=f>', '</function>', '`'];
const content = fc.oneof(
  fc.constantFrom('', ' ', '<think>', '<thi', 'nk>', 'a', '</th', 'ink>', '</think>', '<think></think>', ...MARKUP),
  value,
);
const message = fc.record(
  {
    role: fc.constantFrom('assistant', 'model', ''),
    content,
    refusal: content,
    reasoning: content,
    reasoning_details: fc.array(value, { maxLength: 3 }),
    tool_calls: calls,
    function_call: value,
    audio: value,
  },
  { requiredKeys: [] },
);
const choice = fc.record(
  {
    index: fc.constantFrom<unknown[]>(0, 1, 7, -1, null),
    delta: fc.oneof(message, value),
    message: fc.oneof(message, value),
    finish_reason: fc.oneof(fc.constantFrom('stop', 'tool_calls', ''), value),
    native_finish_reason: fc.constantFrom('stop', 'SAFETY', ''),
    text: fc.constantFrom('a', ''),
    logprobs: value,
    usage,
  },
  { requiredKeys: [] },
);
const chunk = fc.record(
  {
    id: value,
    created: value,
    choices: fc.array(choice, { maxLength: 3 }),
    usage,
    x_groq: value,
    service_tier: value,
    x: value,
  },
  { requiredKeys: [] },
);

/** Odd JSON, most of it similar to a response. */
export const hostilePiece: Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: value },
  { weight: 5, arbitrary: chunk },
);

const PARTS = [
  'data: ',
  'data:',
  'event: error',
  'error: ',
  'error:',
  '{}',
  '{"choices":[',
  '{"choices":[{"delta":{"content":"a"}}]}',
  '{"a":1}',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  ':',
  '[DONE]',
  'x',
  '\uFEFF',
  'é',
];

/** Random bytes, and bytes that are similar to a stream. */
export const hostileBytes: Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(fc.constantFrom(...PARTS), { maxLength: 20 }).map((parts) => new TextEncoder().encode(parts.join(''))),
);
