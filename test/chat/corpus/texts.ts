import { body, chunk, mend, reply, type ServerCase, STOP, said } from './server-case.ts';

const first = (content: unknown): unknown => chunk({ role: 'assistant', content });
const more = (content: unknown): unknown => chunk({ content });
const hi = reply(said('Hi there'));
const thought = reply(said('Hi', { reasoning_content: 'Hm.' }));
const THINK = mend('content', '<think>…</think>, moved to reasoning_content');

/** What the message says. */
export const TEXTS: readonly ServerCase[] = [
  {
    what: 'role missing',
    stream: [more('Hi'), more(' there'), STOP],
    body: body({ content: 'Hi there' }),
    reply: hi,
    mends: [mend('role', 'missing: now "assistant"')],
  },
  {
    what: 'role empty',
    stream: [chunk({ role: '', content: 'Hi there' }), STOP],
    body: body({ role: '', content: 'Hi there' }),
    reply: hi,
    mends: [mend('role', 'missing: now "assistant"')],
  },
  {
    what: 'role `model`',
    stream: [chunk({ role: 'model', content: 'Hi' }), chunk({ role: 'model', content: ' there' }), STOP],
    body: body({ role: 'model', content: 'Hi there' }),
    reply: hi,
    mends: [mend('role', '"model": now "assistant"')],
  },
  {
    what: 'content as an array of parts',
    stream: [first([{ type: 'text', text: 'Hi' }]), more([{ type: 'text', text: ' there' }]), STOP],
    body: body(
      said(null, {
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: ' there' },
        ],
      }),
    ),
    reply: hi,
    mends: [mend('content', 'a list of parts, joined to a text')],
  },
  {
    what: '`thinking` parts',
    stream: [first([{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }]), more('Hi'), STOP],
    body: body(
      said(null, {
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Hi' },
        ],
      }),
    ),
    reply: thought,
    mends: [
      mend('content', 'a list of parts, joined to a text'),
      mend('content', 'a thinking part, moved to reasoning_content'),
    ],
  },
  {
    what: 'a part that is no text',
    stream: [first([{ type: 'image_url' }, 'Hi', 7]), more({ type: 'text', text: ' there' }), STOP],
    reply: hi,
    mends: [
      mend('content', 'a list of parts, joined to a text'),
      mend('content', 'a part of type "image_url", left out'),
      mend('content', 'a part that is no object, left out'),
      mend('content', 'one part, read as its text'),
    ],
  },
  {
    what: 'inline `<think>`',
    stream: [first('\n<thi'), more('nk>H'), more('m.</th'), more('ink>\n\n'), more('\nH'), more('i'), STOP],
    body: body(said('<think>Hm.</think>\n\nHi')),
    reply: thought,
    mends: [THINK],
  },
  {
    what: 'inline `<think>` that has no end',
    stream: [first('<think>Hm.</thi'), STOP],
    body: body(said('<think>Hm.</thi')),
    reply: reply(said(null, { reasoning_content: 'Hm.</thi' })),
    mends: [mend('content', '<think> without an end, moved to reasoning_content')],
  },
  {
    what: '`<think>` further on in the text, and one that is none',
    stream: [first(' <thin'), more(' a <think>b</think>'), STOP],
    body: body(said(' <thin a <think>b</think>')),
    reply: reply(said(' <thin a <think>b</think>')),
  },
  {
    what: '`<think>` far from the start',
    stream: [first(' '.repeat(60)), more('     <think>b</think>'), STOP],
    body: body(said(`${' '.repeat(65)}<think>b</think>`)),
    reply: reply(said(`${' '.repeat(65)}<think>b</think>`)),
  },
  {
    what: '`reasoning_details` that say the same twice',
    stream: [
      chunk({
        role: 'assistant',
        content: 'Hi',
        reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'ha' }],
      }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'ha' }] }),
      STOP,
    ],
    reply: reply(said('Hi', { reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'haha' }] })),
  },
  {
    what: '`reasoning_content`',
    stream: [
      chunk({ role: 'assistant', content: null, reasoning_content: 'H' }),
      chunk({ content: null, reasoning_content: 'm.' }),
      chunk({ content: 'Hi', reasoning_content: null }),
      STOP,
    ],
    body: body(said('Hi', { reasoning_content: 'Hm.' })),
    reply: thought,
  },
  {
    what: '`reasoning` and `reasoning_details`',
    stream: [
      chunk({
        role: 'assistant',
        content: '',
        reasoning: 'H',
        reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'H' }],
      }),
      chunk({ content: '', reasoning: 'm.', reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'm.' }] }),
      chunk({ content: 'Hi', reasoning_details: [{ type: 'reasoning.encrypted', index: 1, data: 'x' }] }),
      STOP,
    ],
    body: body(
      said('Hi', {
        reasoning: 'Hm.',
        reasoning_details: [
          { type: 'reasoning.text', index: 0, text: 'Hm.' },
          { type: 'reasoning.encrypted', index: 1, data: 'x' },
        ],
      }),
    ),
    reply: reply(
      said('Hi', {
        reasoning: 'Hm.',
        reasoning_details: [
          { type: 'reasoning.text', index: 0, text: 'Hm.' },
          { type: 'reasoning.encrypted', index: 1, data: 'x' },
        ],
      }),
    ),
  },
  {
    what: 'fields of its own, some repeated in each chunk',
    stream: [
      chunk({ role: 'assistant', content: 'Hi', sources: ['a'], agent_id: 'x', mood: { glad: 1 } }),
      chunk({ content: ' there', sources: ['a', 'b'], agent_id: 'x', mood: { glad: 2 }, empty: [] }),
      STOP,
    ],
    body: body(said('Hi there', { sources: ['a', 'b'], agent_id: 'x', mood: { glad: 2 } })),
    reply: reply(said('Hi there', { sources: ['a', 'b'], agent_id: 'x', mood: { glad: 2 } })),
  },
  {
    what: 'audio',
    stream: [
      chunk({ role: 'assistant', content: null, audio: { id: 'x', transcript: 'H' } }),
      chunk({ audio: { transcript: 'i', data: 'AA' } }),
      chunk({ audio: { data: 'BB', expires_at: 1 } }),
      STOP,
    ],
    body: body(said(null, { audio: { id: 'x', transcript: 'Hi', data: 'AABB', expires_at: 1 } })),
    reply: reply(said(null, { audio: { id: 'x', transcript: 'Hi', data: 'AABB', expires_at: 1 } })),
  },
  {
    what: '`refusal: false`',
    stream: [chunk({ role: 'assistant', content: 'Hi there', refusal: false }), STOP],
    body: body(said('Hi there', { refusal: false })),
    reply: hi,
    mends: [mend('refusal', 'a boolean, left out')],
  },
  {
    what: 'a refusal',
    stream: [chunk({ role: 'assistant', content: null, refusal: 'N' }), chunk({ refusal: 'o.' }), STOP],
    body: body(said(null, { refusal: 'No.' })),
    reply: reply(said(null, { refusal: 'No.' })),
  },
  {
    what: '`message` beside `delta` in a chunk',
    stream: [
      chunk({ role: 'assistant', content: 'Hi' }, { message: said('Hi') }),
      chunk({ content: ' there' }, { message: said('Hi there') }),
      chunk({}, { message: said('Hi there'), finish_reason: 'stop' }),
    ],
    reply: hi,
    mends: [{ path: 'choices[0].message', note: 'beside a delta, left out' }],
  },
];
