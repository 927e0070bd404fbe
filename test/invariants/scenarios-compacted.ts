import { compactByReference, compactBySummary } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { cityTool, type Scenario } from './scenario.ts';
import { asks, pay } from './scenario-tools.ts';

const write = cityTool('write', { execute: (city) => `${city} `.repeat(120) });

const references = compactByReference({ contextWindow: 300, threshold: 0.5, keepTurns: 1, minLength: 300 });

export const referred: Scenario = {
  name: 'large results that become references, of which one is read again',
  status: 'completed',
  turns: [
    respond.calls([asks('write', 'Oslo'), asks('pay', 'Oslo'), asks('write', 'Rome')]),
    respond.calls([asks('write', 'Bern')]),
    respond.calls([{ name: 'read_result', arguments: { id: 'call_1' } }]),
    respond.text('All written.'),
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
    respond.calls([asks('write', 'Oslo'), asks('pay', 'Oslo'), asks('write', 'Rome')]),
    respond.calls([asks('write', 'Bern')]),
    respond.text('Oslo and Rome were written.'),
    respond.calls([asks('write', 'Nice'), asks('pay', 'Nice')]),
    respond.text('All but Nice were written.'),
    respond.text('All written.'),
  ],
  agent: (stage) => ({
    tools: [write(stage), pay(stage)],
    middleware: [compactBySummary({ contextWindow: 350, threshold: 0.5, keepTurns: 1, model: stage.model })],
  }),
};
