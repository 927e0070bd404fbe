import type { Delta } from '@pawl/core/chat';
import { hashText } from '@pawl/core/model';

/** A stream of Responses: its events, and what they say. */
export interface StreamSample {
  readonly name: string;
  /** Where the form of the events is documented or was seen. */
  readonly source: string;
  readonly events: readonly Event[];
  readonly message: object;
  readonly finishReason: string;
  readonly deltas: readonly Delta[];
}

type Event = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, unknown>>;

const STREAMING = 'https://platform.openai.com/docs/api-reference/responses-streaming';

const USAGE = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 42,
};

export function createWhole(output: readonly Item[], more: Item = {}): Item {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_780_000_000,
    status: 'completed',
    error: null,
    incomplete_details: null,
    model: 'gpt-5-mini-2025-08-07',
    output,
    usage: USAGE,
    ...more,
  };
}

/** The events of whole items, between the first and the last event of a stream. */
function createStream(items: readonly (readonly Event[])[], end: Event): readonly Event[] {
  const start = createWhole([], { status: 'in_progress', usage: null });
  const events = [
    { type: 'response.created', response: start },
    { type: 'response.in_progress', response: start },
    ...items.flat(),
    end,
  ];
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}

function createMessage(text: string, more: Item = {}): Item {
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  return { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content, ...more };
}

function streamMessage(item: Item, pieces: readonly string[], output_index: number): readonly Event[] {
  const at = { item_id: item['id'], output_index, content_index: 0 };
  const text = pieces.join('');
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...at, part: { type: 'output_text', text: '', annotations: [] } },
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [], obfuscation: 'x8k' })),
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: { type: 'output_text', text, annotations: [] } },
    { type: 'response.output_item.done', output_index, item },
  ];
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly pieces: readonly string[];
  readonly kind?: 'function_call' | 'custom_tool_call';
}

function createCall({ id, name, pieces, kind = 'function_call' }: Call, more: Item = {}): Item {
  const field = kind === 'function_call' ? 'arguments' : 'input';
  return { id: `fc_${id}`, type: kind, status: 'completed', call_id: id, name, [field]: pieces.join(''), ...more };
}

function streamCall(call: Call, output_index: number): readonly Event[] {
  const item = createCall(call);
  const field = call.kind === 'custom_tool_call' ? 'input' : 'arguments';
  const event = call.kind === 'custom_tool_call' ? 'custom_tool_call_input' : 'function_call_arguments';
  const at = { item_id: item['id'], output_index };
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', [field]: '' } },
    ...call.pieces.map((delta) => ({ type: `response.${event}.delta`, ...at, delta })),
    { type: `response.${event}.done`, ...at, [field]: call.pieces.join('') },
    { type: 'response.output_item.done', output_index, item },
  ];
}

const complete = (output: readonly Item[]): Event => ({ type: 'response.completed', response: createWhole(output) });

const hello = createMessage('Hello, wörld 🌍.');
const oslo: Call = { id: 'call_a', name: 'get_weather', pieces: ['{"city":', '"Oslo"}'] };
const now: Call = { id: 'call_b', name: 'get_time', pieces: [] };
const query: Call = { id: 'call_q', name: 'query', pieces: ['SELECT ', '1'], kind: 'custom_tool_call' };

const reasoning: Item = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: 'Two cities.' },
    { type: 'summary_text', text: 'Oslo first.' },
  ],
  encrypted_content: 'c2VhbGVk',
};

const search: Item = {
  id: 'ws_1',
  type: 'web_search_call',
  status: 'completed',
  action: { type: 'search', query: 'weather in Oslo' },
};
const cited = createMessage('It snows.', {
  content: [
    {
      type: 'output_text',
      text: 'It snows.',
      annotations: [
        { type: 'url_citation', start_index: 0, end_index: 9, title: 'Weather', url: 'https://example.org' },
      ],
    },
  ],
});
const commentary = createMessage('I look it up. ', { id: 'msg_c', phase: 'commentary' });
const answer = createMessage('It is 4 degrees.', { id: 'msg_f', phase: 'final_answer' });
const refusal: Item = {
  ...createMessage(''),
  content: [{ type: 'refusal', refusal: 'I cannot help with that.' }],
};
const openReasoning: Item = {
  id: 'rs_2',
  type: 'reasoning',
  summary: [],
  content: [{ type: 'reasoning_text', text: 'Say hello.' }],
};

/** What is kept of an item before a text. */
function keepBeside(item: Item, text: string): object {
  const message = { type: 'message', length: text.length, hash: hashText(text) };
  return { provider: 'responses:127.0.0.1', parts: [item, message] };
}

export const samples: readonly StreamSample[] = [
  {
    name: 'text',
    source: STREAMING,
    events: createStream([streamMessage(hello, ['Hello', ', wörld 🌍.'], 0)], complete([hello])),
    message: { role: 'assistant', content: 'Hello, wörld 🌍.' },
    finishReason: 'stop',
    deltas: [
      { type: 'text', delta: 'Hello' },
      { type: 'text', delta: ', wörld 🌍.' },
    ],
  },
  {
    name: 'parallel calls, one without arguments',
    source: 'https://platform.openai.com/docs/guides/function-calling#streaming',
    events: createStream([streamCall(oslo, 0), streamCall(now, 1)], complete([createCall(oslo), createCall(now)])),
    message: {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
        { id: 'call_b', type: 'function', function: { name: 'get_time', arguments: '{}' } },
      ],
    },
    finishReason: 'tool_calls',
    deltas: [
      { type: 'call', id: 'call_a', index: 0, name: 'get_weather', delta: '{"city":' },
      { type: 'call', id: 'call_a', index: 0, name: 'get_weather', delta: '"Oslo"}' },
      { type: 'call', id: 'call_b', index: 1, name: 'get_time', delta: '' },
    ],
  },
  {
    name: 'the call of a custom tool',
    source: 'https://platform.openai.com/docs/guides/function-calling#custom-tools',
    events: createStream([streamCall(query, 0)], complete([createCall(query)])),
    message: {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_q', type: 'custom', custom: { name: 'query', input: 'SELECT 1' } }],
    },
    finishReason: 'tool_calls',
    deltas: [
      { type: 'call', id: 'call_q', index: 0, name: 'query', kind: 'custom', delta: 'SELECT ' },
      { type: 'call', id: 'call_q', index: 0, name: 'query', kind: 'custom', delta: '1' },
    ],
  },
  {
    name: 'encrypted reasoning with two summaries, then a call',
    source: 'https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items',
    events: createStream(
      [
        [
          {
            type: 'response.output_item.added',
            output_index: 0,
            item: { ...reasoning, summary: [], encrypted_content: 'bm90IHRoZSBsYXN0' },
          },
          ...['Two cities.', 'Oslo first.'].flatMap((text, summary_index) => {
            const at = { item_id: 'rs_1', output_index: 0, summary_index };
            return [
              { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
              { type: 'response.reasoning_summary_text.delta', ...at, delta: text },
              { type: 'response.reasoning_summary_text.done', ...at, text },
              { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } },
            ];
          }),
          { type: 'response.output_item.done', output_index: 0, item: reasoning },
        ],
        streamCall(oslo, 1),
      ],
      complete([reasoning, createCall(oslo)]),
    ),
    message: {
      role: 'assistant',
      content: null,
      reasoning_content: 'Two cities.\n\nOslo first.',
      tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
      pawl_kept: {
        provider: 'responses:127.0.0.1',
        parts: [reasoning, { type: 'function_call' }],
      },
    },
    finishReason: 'tool_calls',
    deltas: [
      { type: 'reasoning', delta: 'Two cities.' },
      { type: 'reasoning', delta: '\n\n' },
      { type: 'reasoning', delta: 'Oslo first.' },
      { type: 'call', id: 'call_a', index: 0, name: 'get_weather', delta: '{"city":' },
      { type: 'call', id: 'call_a', index: 0, name: 'get_weather', delta: '"Oslo"}' },
    ],
  },
  {
    name: 'the reasoning itself, of an open model',
    source: 'https://github.com/vllm-project/vllm/pull/35184',
    events: createStream(
      [
        [
          { type: 'response.output_item.added', output_index: 0, item: { ...openReasoning, content: [] } },
          { type: 'response.reasoning_part.added', item_id: 'rs_2', output_index: 0, content_index: 0 },
          { type: 'response.reasoning_text.delta', item_id: 'rs_2', output_index: 0, content_index: 0, delta: 'Say ' },
          {
            type: 'response.reasoning_text.delta',
            item_id: 'rs_2',
            output_index: 0,
            content_index: 1,
            delta: 'hello.',
          },
          {
            type: 'response.reasoning_text.done',
            item_id: 'rs_2',
            output_index: 0,
            content_index: 2,
            text: 'Say hello.',
          },
          { type: 'response.output_item.done', output_index: 0, item: openReasoning },
        ],
        streamMessage(hello, ['Hello, wörld 🌍.'], 1),
      ],
      complete([openReasoning, hello]),
    ),
    message: {
      role: 'assistant',
      content: 'Hello, wörld 🌍.',
      reasoning_content: 'Say hello.',
      pawl_kept: keepBeside(openReasoning, 'Hello, wörld 🌍.'),
    },
    finishReason: 'stop',
    deltas: [
      { type: 'reasoning', delta: 'Say ' },
      { type: 'reasoning', delta: 'hello.' },
      { type: 'text', delta: 'Hello, wörld 🌍.' },
    ],
  },
  {
    name: 'a search of the server, with its source',
    source: 'https://platform.openai.com/docs/guides/tools-web-search#output-and-citations',
    events: createStream(
      [
        [
          { type: 'response.output_item.added', output_index: 0, item: { ...search, status: 'in_progress' } },
          { type: 'response.web_search_call.searching', item_id: 'ws_1', output_index: 0 },
          { type: 'response.web_search_call.completed', item_id: 'ws_1', output_index: 0 },
          { type: 'response.output_item.done', output_index: 0, item: search },
        ],
        streamMessage(cited, ['It ', 'snows.'], 1),
      ],
      complete([search, cited]),
    ),
    message: {
      role: 'assistant',
      content: 'It snows.',
      annotations: [
        {
          type: 'url_citation',
          url_citation: { start_index: 0, end_index: 9, title: 'Weather', url: 'https://example.org' },
        },
      ],
      pawl_kept: keepBeside({ id: 'ws_1', type: 'web_search_call', action: search['action'] }, 'It snows.'),
    },
    finishReason: 'stop',
    deltas: [
      { type: 'text', delta: 'It ' },
      { type: 'text', delta: 'snows.' },
    ],
  },
  {
    name: 'a comment on the way, then the answer',
    source: 'https://github.com/vercel/ai/pull/12860',
    events: createStream(
      [streamMessage(commentary, ['I look it up. '], 0), streamMessage(answer, ['It is ', '4 degrees.'], 1)],
      complete([commentary, answer]),
    ),
    message: {
      role: 'assistant',
      content: 'It is 4 degrees.',
      pawl_kept: {
        provider: 'responses:127.0.0.1',
        parts: [
          { type: 'message', text: 'I look it up. ', phase: 'commentary' },
          { type: 'message', length: 16, hash: hashText('It is 4 degrees.'), phase: 'final_answer' },
        ],
      },
    },
    finishReason: 'stop',
    deltas: [
      { type: 'text', delta: 'I look it up. ' },
      { type: 'text', delta: '', startsAnswer: true },
      { type: 'text', delta: 'It is ' },
      { type: 'text', delta: '4 degrees.' },
    ],
  },
  {
    name: 'a refusal',
    source: STREAMING,
    events: createStream(
      [
        [
          { type: 'response.output_item.added', output_index: 0, item: { ...refusal, content: [] } },
          { type: 'response.refusal.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'I cannot ' },
          {
            type: 'response.refusal.delta',
            item_id: 'msg_1',
            output_index: 0,
            content_index: 0,
            delta: 'help with that.',
          },
          { type: 'response.output_item.done', output_index: 0, item: refusal },
        ],
      ],
      complete([refusal]),
    ),
    message: { role: 'assistant', content: null, refusal: 'I cannot help with that.' },
    finishReason: 'stop',
    deltas: [
      { type: 'refusal', delta: 'I cannot ' },
      { type: 'refusal', delta: 'help with that.' },
    ],
  },
  {
    name: 'a text that the token limit ends',
    source: STREAMING,
    events: createStream([streamMessage(createMessage('Hel', { status: 'incomplete' }), ['Hel'], 0)], {
      type: 'response.incomplete',
      response: createWhole([createMessage('Hel', { status: 'incomplete' })], {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
      }),
    }),
    message: { role: 'assistant', content: 'Hel' },
    finishReason: 'length',
    deltas: [{ type: 'text', delta: 'Hel' }],
  },
  {
    name: 'a text that a filter ends',
    source: STREAMING,
    events: createStream([streamMessage(createMessage('Hel', { status: 'incomplete' }), ['Hel'], 0)], {
      type: 'response.incomplete',
      response: createWhole([createMessage('Hel', { status: 'incomplete' })], {
        status: 'incomplete',
        incomplete_details: { reason: 'content_filter' },
      }),
    }),
    message: { role: 'assistant', content: 'Hel' },
    finishReason: 'content_filter',
    deltas: [{ type: 'text', delta: 'Hel' }],
  },
];
