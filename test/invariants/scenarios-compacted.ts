import { compactByReference, compactBySummary } from '@pawl/core';
import { reply } from '@pawl/testing';
import { cityTool, type Scenario } from './scenario.ts';
import { asks, pay } from './scenario-tools.ts';

const write = cityTool('write', { execute: (city) => `${city} `.repeat(120) });

const references = compactByReference({ window: 300, above: 0.5, keepTurns: 1, over: 300 });

export const referred: Scenario = {
  name: 'large results that become references, of which one is read again',
  status: 'completed',
  turns: [
    reply.calls([asks('write', 'Oslo'), asks('pay', 'Oslo'), asks('write', 'Rome')]),
    reply.calls([asks('write', 'Bern')]),
    reply.calls([{ name: 'read_result', arguments: { id: 'call_1' } }]),
    reply.text('All written.'),
  ],
  agent: (stage) => ({
    instructions: 'Write.',
    tools: [write(stage), pay(stage), ...references.tools],
    middleware: [references],
  }),
};

/** The summaries are asked for in conversations of their own. */
export const compacted: Scenario = {
  name: 'a conversation whose beginning becomes a summary, twice',
  status: 'completed',
  played: 4,
  turns: [
    reply.calls([asks('write', 'Oslo'), asks('pay', 'Oslo'), asks('write', 'Rome')]),
    reply.calls([asks('write', 'Bern')]),
    reply.text('Oslo and Rome were written.'),
    reply.calls([asks('write', 'Nice'), asks('pay', 'Nice')]),
    reply.text('All but Nice were written.'),
    reply.text('All written.'),
  ],
  agent: (stage) => ({
    tools: [write(stage), pay(stage)],
    middleware: [compactBySummary({ window: 350, above: 0.5, keepTurns: 1, model: stage.model })],
  }),
};
