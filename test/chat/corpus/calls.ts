import { asked, CALLED, call, calling, chunk, mend, reply, type ServerCase, STOP, said } from './server-case.ts';

const OSLO = '{"city":"Oslo"}';
const ROME = '{"city":"Rome"}';
const oslo = call('a', 'weather', OSLO);
const both = asked(oslo, call('b', 'weather', ROME));

/** A piece of a call: its index, and what it brings. */
function piece(index: number | undefined, { id, type, name, text }: Partial<Record<string, unknown>>): unknown {
  return { index, id, type, function: { name, arguments: text } };
}

const begin = { id: 'a', type: 'function', name: 'weather' };
const next = { id: 'b', type: 'function', name: 'weather' };
const NO_INDEX = mend('tool_calls', 'without an index: told apart by their content');
const ONE_INDEX = mend('tool_calls', 'one index for several: told apart by content');

/** How calls are numbered, named and cut. */
export const CALLS: readonly ServerCase[] = [
  {
    what: 'calls as documented, their pieces taking turns',
    stream: [
      calling(piece(0, { ...begin, text: '' }), piece(1, { ...next, text: '' })),
      calling(piece(0, { text: '{"city":' }), piece(1, { text: '{"city":' })),
      calling(piece(1, { text: '"Rome"}' }), piece(0, { text: '"Oslo"}' })),
      CALLED,
    ],
    body: {
      choices: [
        {
          index: 0,
          message: said(null, { tool_calls: both.choices[0].message.tool_calls }),
          finish_reason: 'tool_calls',
        },
      ],
    },
    reply: both,
  },
  {
    what: 'a delta without `index`',
    stream: [
      calling(piece(undefined, { ...begin, text: '{"city":' })),
      calling(piece(undefined, { text: '"Oslo"}' })),
      calling(piece(undefined, { ...next, text: ROME })),
      CALLED,
    ],
    reply: both,
    mends: [NO_INDEX],
  },
  {
    what: 'a first piece alone without `index`',
    stream: [calling(piece(undefined, { ...begin, text: '' })), calling(piece(0, { text: OSLO })), CALLED],
    reply: asked(oslo),
    mends: [NO_INDEX],
  },
  {
    what: 'pieces of several calls in one delta without `index`',
    stream: [
      calling(piece(undefined, { ...begin, text: '' }), piece(undefined, { ...next, text: '' })),
      calling(piece(undefined, { text: OSLO }), piece(undefined, { text: ROME })),
      CALLED,
    ],
    reply: both,
    mends: [NO_INDEX],
  },
  {
    what: 'every parallel call with `index: 0`',
    stream: [
      calling(piece(0, { ...begin, text: '' })),
      calling(piece(0, { text: OSLO })),
      calling(piece(0, { ...next, text: '' })),
      calling(piece(0, { text: ROME })),
      CALLED,
    ],
    reply: both,
    mends: [ONE_INDEX],
  },
  {
    what: 'every parallel call with `index: 0` and an id, their pieces taking turns',
    stream: [
      calling(piece(0, { ...begin, text: '' }), piece(0, { ...next, text: '' })),
      calling(piece(0, { id: 'a', text: OSLO }), piece(0, { id: 'b', text: ROME })),
      CALLED,
    ],
    reply: both,
    mends: [ONE_INDEX],
  },
  {
    what: 'calls of different tools with `index: 0` and no id',
    stream: [
      calling(piece(0, { type: 'function', name: 'time', text: '' })),
      calling(piece(0, { type: 'function', name: 'weather', text: OSLO })),
      CALLED,
    ],
    reply: asked(call('call_0_0', 'time', ''), call('call_0_1', 'weather', OSLO)),
    mends: [
      ONE_INDEX,
      mend('tool_calls[0].id', 'missing: now "call_0_0"'),
      mend('tool_calls[1].id', 'missing: now "call_0_1"'),
    ],
  },
  {
    what: 'ids without `index`, their pieces taking turns',
    stream: [
      calling(piece(undefined, { ...begin, text: '' })),
      calling(piece(undefined, { ...next, name: 'time', text: '' })),
      calling(piece(undefined, { id: 'a', text: OSLO })),
      calling(piece(undefined, { id: 'b', text: '{}' })),
      CALLED,
    ],
    reply: asked(oslo, call('b', 'time', '{}')),
    mends: [NO_INDEX],
  },
  {
    what: 'an id different on each delta, and the name repeated',
    stream: [
      calling(piece(0, { ...begin, text: '{"city":' })),
      calling(piece(0, { ...begin, id: 'x', text: '"Oslo"}' })),
      CALLED,
    ],
    reply: asked(oslo),
    mends: [mend('tool_calls[0].id', 'another one in each piece: the first is kept')],
  },
  {
    what: 'every parallel call with `index: 0`, whole, in one delta',
    stream: [calling(piece(0, { ...begin, text: OSLO }), piece(0, { ...next, text: ROME })), CALLED],
    reply: both,
    mends: [ONE_INDEX],
  },
  {
    what: 'every parallel call with `index: 0`, whole, and no id',
    stream: [
      calling(piece(0, { ...begin, id: '', text: OSLO })),
      calling(piece(0, { ...next, id: null, text: ROME })),
      CALLED,
    ],
    reply: asked(call('call_0_0', 'weather', OSLO), call('call_0_1', 'weather', ROME)),
    mends: [
      ONE_INDEX,
      mend('tool_calls[0].id', 'missing: now "call_0_0"'),
      mend('tool_calls[1].id', 'missing: now "call_0_1"'),
    ],
  },
  {
    what: 'indexes that start at 1',
    stream: [
      calling(piece(1, { ...begin, text: '' }), piece(2, { ...next, text: '' })),
      calling(piece(1, { text: OSLO })),
      calling(piece(2, { text: ROME })),
      CALLED,
    ],
    reply: both,
    mends: [mend('tool_calls', 'counted from 1: now from 0')],
  },
  {
    what: 'an id that is missing',
    stream: [calling(piece(0, { ...begin, id: undefined, text: OSLO })), CALLED],
    reply: asked(call('call_0_0', 'weather', OSLO)),
    mends: [mend('tool_calls[0].id', 'missing: now "call_0_0"')],
  },
  {
    what: 'an id that is empty in all but the first piece',
    stream: [calling(piece(0, { ...begin, text: '{"city":' })), calling(piece(0, { id: '', text: '"Oslo"}' })), CALLED],
    reply: asked(oslo),
  },
  {
    what: 'an id repeated on every delta, and the name as well',
    stream: [
      calling(piece(0, { ...begin, text: '{"city":' })),
      calling(piece(0, { ...begin, text: '"Oslo"}' })),
      CALLED,
    ],
    reply: asked(oslo),
  },
  {
    what: 'an id different on each delta',
    stream: [
      calling(piece(0, { ...begin, text: '' })),
      calling(piece(0, { id: 'x', text: '{"city":' })),
      calling(piece(0, { id: 'y', text: '"Oslo"}' })),
      CALLED,
    ],
    reply: asked(oslo),
    mends: [mend('tool_calls[0].id', 'another one in each piece: the first is kept')],
  },
  {
    what: 'one id for two calls',
    stream: [calling(piece(0, { ...begin, text: OSLO })), calling(piece(1, { ...begin, text: ROME })), CALLED],
    reply: asked(oslo, call('call_0_1', 'weather', ROME)),
    mends: [mend('tool_calls[1].id', 'used twice: now "call_0_1"')],
  },
  {
    what: 'a made up id that the server has used itself',
    stream: [
      calling(
        piece(0, { ...begin, id: 'call_0_1', text: OSLO }),
        piece(1, { name: 'time', type: 'function', text: '{}' }),
      ),
      CALLED,
    ],
    reply: asked(call('call_0_1', 'weather', OSLO), call('call_0_1_2', 'time', '{}')),
    mends: [mend('tool_calls[1].id', 'missing: now "call_0_1_2"')],
  },
  {
    what: '`type` missing',
    stream: [calling(piece(0, { id: 'a', name: 'weather', text: OSLO })), CALLED],
    reply: asked(oslo),
    mends: [mend('tool_calls[0].type', 'missing: now "function"')],
  },
  {
    what: 'a name that arrives late',
    stream: [
      calling(piece(0, { id: 'a', type: 'function', text: '{"city":' })),
      calling(piece(0, { name: 'weather' })),
      calling(piece(0, { text: '"Oslo"}' })),
      CALLED,
    ],
    reply: asked(oslo),
  },
  {
    what: 'a whole call in one delta, sent twice',
    stream: [calling(piece(0, { ...begin, text: OSLO })), calling(piece(0, { ...begin, text: OSLO })), CALLED],
    reply: asked(oslo),
    mends: [mend('tool_calls[0].function', 'sent twice: read once')],
  },
  {
    what: 'arguments that are valid JSON before they are complete',
    stream: [calling(piece(0, { ...begin, text: '{}' })), calling(piece(0, { text: OSLO })), CALLED],
    reply: asked(oslo),
    mends: [mend('tool_calls[0].function.arguments', '{} before the arguments, left out')],
  },
  {
    what: 'no arguments but {}',
    stream: [calling(piece(0, { ...begin, text: '{}' })), CALLED],
    reply: asked(call('a', 'weather', '{}')),
  },
  {
    what: 'arguments as an object',
    stream: [calling(piece(0, { ...begin, text: { city: 'Oslo' } })), CALLED],
    reply: asked(oslo),
    mends: [mend('tool_calls[0].function.arguments', 'an object, written as JSON')],
  },
  {
    what: 'arguments that are missing',
    stream: [calling(piece(0, begin)), CALLED],
    reply: asked(call('a', 'weather', '')),
    mends: [mend('tool_calls[0].function.arguments', 'missing: now ""')],
  },
  {
    what: 'placeholders among the calls',
    stream: [calling({}, piece(0, { ...begin, text: OSLO }), 7), CALLED],
    reply: asked(oslo),
    mends: [mend('tool_calls', 'an element that is no object, left out')],
  },
  {
    what: '`tool_calls: null`',
    stream: [chunk({ role: 'assistant', content: 'Hi', tool_calls: null }), STOP],
    reply: reply(said('Hi')),
    mends: [mend('tool_calls', 'null: left out')],
  },
  {
    what: '`tool_calls: []`',
    stream: [chunk({ role: 'assistant', content: 'Hi', tool_calls: [] }), STOP],
    reply: reply(said('Hi')),
    mends: [mend('tool_calls', 'an empty list: left out')],
  },
];
