import type { CustomToolCall } from '@pawl/core';
import { asked, body, CALLED, call, calling, chunk, mend, reply, type ServerCase, said } from './server-case.ts';

const OSLO = '{"city":"Oslo"}';
const oslo = call('a', 'weather', OSLO);
const begin = { index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } };
const signed = { extra_content: { google: { thought_signature: 'sig' } } };
const custom: CustomToolCall = { id: 'a', type: 'custom', custom: { name: 'shell', input: 'ls' } };

/** What a call is made of. */
export const CALL_FORMS: readonly ServerCase[] = [
  {
    what: "Gemini's `extra_content` thought signatures",
    stream: [calling({ ...begin, ...signed }), calling({ index: 0, function: { arguments: OSLO } }), CALLED],
    body: body(said(null, { tool_calls: [{ ...oslo, ...signed }] }), { finish_reason: 'tool_calls' }),
    reply: asked({ ...oslo, ...signed }),
  },
  {
    what: 'legacy `function_call`',
    stream: [
      chunk({ role: 'assistant', function_call: { name: 'weather', arguments: '' } }),
      chunk({ function_call: { arguments: '{"city":' } }),
      chunk({ function_call: { arguments: '"Oslo"}' } }),
      chunk({}, { finish_reason: 'function_call' }),
    ],
    body: body(said(null, { function_call: { name: 'weather', arguments: OSLO } }), { finish_reason: 'function_call' }),
    reply: reply(said(null, { tool_calls: [{ ...oslo, id: 'call_0_0' }] }), { finish_reason: 'function_call' }),
    mends: [mend('function_call', 'read as a tool call'), mend('tool_calls[0].id', 'missing: now "call_0_0"')],
  },
  {
    what: 'legacy `function_call` beside the same tool call',
    stream: [chunk({ role: 'assistant', function_call: oslo.function, tool_calls: [{ index: 0, ...oslo }] }), CALLED],
    body: body(said(null, { function_call: oslo.function, tool_calls: [oslo] }), { finish_reason: 'tool_calls' }),
    reply: asked(oslo),
    mends: [mend('function_call', 'beside tool_calls, left out')],
  },
  {
    what: "a custom tool's call",
    stream: [
      calling({ index: 0, id: 'a', type: 'custom', custom: { name: 'shell', input: '' } }),
      calling({ index: 0, custom: { input: 'l' } }),
      calling({ index: 0, custom: { input: 's' } }),
      CALLED,
    ],
    body: body(said(null, { tool_calls: [custom] }), { finish_reason: 'tool_calls' }),
    reply: reply(said(null, { tool_calls: [custom] }), { finish_reason: 'tool_calls' }),
  },
  {
    what: 'a call without `function` around it',
    stream: [calling({ index: 0, id: 'a', type: 'function', name: 'weather', arguments: OSLO }), CALLED],
    body: body(said(null, { tool_calls: [{ id: 'a', type: 'function', name: 'weather', arguments: OSLO }] }), {
      finish_reason: 'tool_calls',
    }),
    reply: asked(oslo),
    mends: [mend('tool_calls[0].function', 'missing: name and arguments taken from the call itself')],
  },
  {
    what: 'one call in place of a list',
    stream: [chunk({ role: 'assistant', tool_calls: { index: 0, ...oslo } }), CALLED],
    body: body(said(null, { tool_calls: oslo }), { finish_reason: 'tool_calls' }),
    reply: asked(oslo),
    mends: [mend('tool_calls', 'one call: read as a list of one')],
  },
  {
    what: 'an id that is a number, and a type that is unknown',
    stream: [calling({ ...begin, id: 7, type: 'tool' }), calling({ index: 0, function: { arguments: OSLO } }), CALLED],
    body: body(said(null, { tool_calls: [{ ...oslo, id: 7, type: 'tool' }] }), { finish_reason: 'tool_calls' }),
    reply: asked({ ...oslo, id: '7' }),
    mends: [
      mend('tool_calls[0].id', 'a number, read as a text'),
      mend('tool_calls[0].type', 'unknown: now "function"'),
    ],
  },
  {
    what: 'calls under the finish reason `stop`',
    stream: [calling({ index: 0, ...oslo }), chunk({}, { finish_reason: 'stop' })],
    body: body(said(null, { tool_calls: [oslo] })),
    reply: reply(said(null, { tool_calls: [oslo] })),
    mends: [{ path: 'choices[0].finish_reason', note: '"stop" beside tool calls: kept' }],
  },
];
