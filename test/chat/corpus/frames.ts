import { body, chunk, mend, reply, type ServerCase, STOP, said } from './server-case.ts';

const HI = chunk({ role: 'assistant', content: 'Hi' });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const counted = reply(said('Hi'), { usage });
const FINISH = 'choices[0].finish_reason';
const filters = { content_filter_results: { hate: { filtered: true, severity: 'high' } } };
const head = { id: 'r', created: 7, model: 'm' };

function also(piece: unknown, fields: object): unknown {
  return { ...(piece as object), ...fields };
}

/** What is around the message. */
const H = { token: 'H', logprob: -0.1, bytes: [72], top_logprobs: [] };
const I = { token: 'i', logprob: -0.2, bytes: [105], top_logprobs: [] };

export const FRAMES: readonly ServerCase[] = [
  {
    what: '`delta: null`',
    stream: [HI, chunk(null), STOP],
    reply: reply(said('Hi')),
    mends: [{ path: 'choices[0].delta', note: 'null: left out' }],
  },
  {
    what: 'usage on the last content chunk',
    stream: [HI, also(STOP, { usage })],
    body: also(body(said('Hi')), { usage }),
    reply: counted,
  },
  {
    what: 'usage on its own chunk with `choices: []`',
    stream: [HI, also(STOP, { usage: null }), { choices: [], usage }],
    reply: counted,
  },
  {
    what: 'usage on its own chunk with `choices: null`',
    stream: [HI, STOP, { choices: null, usage }],
    reply: counted,
    mends: [{ path: 'choices', note: 'null: left out' }],
  },
  {
    what: 'usage on every chunk',
    stream: [
      also(HI, { usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } }),
      also(STOP, { usage }),
      { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
    ],
    reply: counted,
    mends: [{ path: 'usage', note: 'nothing is counted in it: left out' }],
  },
  {
    what: "usage under a vendor's key (`x_groq`)",
    stream: [also(HI, { x_groq: { id: 'g' } }), also(STOP, { x_groq: { id: 'g', usage } })],
    reply: reply(said('Hi'), { usage, x_groq: { id: 'g', usage } }),
    mends: [{ path: 'usage', note: 'missing: taken from x_groq.usage' }],
  },
  {
    what: 'usage inside a choice',
    stream: [HI, chunk({}, { finish_reason: 'stop', usage })],
    reply: counted,
    mends: [{ path: 'usage', note: 'missing: taken from choices[0].usage' }],
  },
  {
    what: '`finish_reason` repeated',
    stream: [chunk({ role: 'assistant', content: 'Hi' }, { finish_reason: 'stop' }), STOP],
    reply: reply(said('Hi')),
  },
  {
    what: '`finish_reason` twice, and different',
    stream: [HI, STOP, chunk({}, { finish_reason: 'length' }), STOP],
    reply: reply(said('Hi'), { finish_reason: 'length' }),
    mends: [{ path: FINISH, note: 'two different ones: the one that says more is kept' }],
  },
  {
    what: '`finish_reason` missing, before [DONE]',
    stream: [HI, chunk({}, { finish_reason: '' })],
    body: body(said('Hi'), { finish_reason: null }),
    reply: reply(said('Hi'), { finish_reason: null }),
    mends: [{ path: FINISH, note: 'null: the server gave none' }],
  },
  {
    what: '`finish_reason` unknown',
    stream: [HI, chunk({}, { finish_reason: 'eos' })],
    body: body(said('Hi'), { finish_reason: 'eos' }),
    reply: reply(said('Hi'), { finish_reason: 'eos' }),
    mends: [{ path: FINISH, note: '"eos" is not a documented one: kept' }],
  },
  {
    what: 'placeholder first chunks',
    stream: [
      { id: '', created: 0, model: '', choices: [], object: '' },
      {},
      'event: ping\ndata: {"type":"ping"}\n\n',
      'event: ping\ndata: .\n\n',
      also(HI, {
        ...head,
        object: 'chat.completion.chunk',
        obfuscation: 'x',
        service_tier: null,
        system_fingerprint: null,
      }),
      also(STOP, { ...head, service_tier: 'default' }),
    ],
    body: also(body(said('Hi')), { ...head, service_tier: 'default', system_fingerprint: null }),
    reply: { ...head, ...reply(said('Hi')), service_tier: 'default', system_fingerprint: null },
  },
  {
    what: 'filter results of an Azure prompt',
    stream: [{ choices: [{ index: 0, finish_reason: null, ...filters }], prompt_filter_results: [1] }],
    body: { choices: [{ index: 0, ...filters }], prompt_filter_results: [1] },
    reply: {
      object: 'chat.completion',
      choices: [{ index: 0, message: said(null), finish_reason: 'content_filter', ...filters }],
      ...{ prompt_filter_results: [1] },
    },
    mends: [
      mend('role', 'missing: now "assistant"'),
      { path: 'choices[0].message', note: 'missing beside filter results: the prompt was filtered' },
    ],
  },
  {
    what: 'filter results of Azure beside a message',
    stream: [HI, chunk({}, { finish_reason: 'stop', ...filters })],
    body: body(said('Hi'), filters),
    reply: {
      object: 'chat.completion',
      choices: [{ index: 0, message: said('Hi'), finish_reason: 'stop', ...filters }],
    },
  },
  {
    what: 'an id different on each chunk',
    stream: [also(HI, { id: 'r1' }), also(STOP, { id: 'r2' })],
    reply: { id: 'r1', ...reply(said('Hi')) },
  },
  {
    what: 'log probabilities',
    stream: [
      chunk({ role: 'assistant', content: 'H' }, { logprobs: { content: [H], refusal: null } }),
      chunk({ content: 'i' }, { logprobs: { content: [I], refusal: null } }),
      chunk({}, { logprobs: { content: null, refusal: null } }),
      chunk({}, { logprobs: null, finish_reason: 'stop' }),
    ],
    body: body(said('Hi'), { logprobs: { content: [H, I], refusal: null } }),
    reply: {
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: said('Hi'),
          finish_reason: 'stop',
          logprobs: { content: [H, I], refusal: null },
        },
      ],
    },
  },
  {
    what: 'several choices, one without an index',
    stream: [
      { choices: [{ index: 1, delta: { role: 'assistant', content: 'B' }, finish_reason: 'stop' }] },
      { choices: [{ delta: { role: 'assistant', content: 'A' }, finish_reason: 'stop' }, null] },
    ],
    reply: {
      object: 'chat.completion',
      choices: [
        { index: 0, message: said('A'), finish_reason: 'stop' },
        { index: 1, message: said('B'), finish_reason: 'stop' },
      ],
    },
    mends: [
      { path: 'choices[0].index', note: 'missing: now 0' },
      { path: 'choices', note: 'one that is no object, left out' },
    ],
  },
];
