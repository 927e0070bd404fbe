import { compactByReference, compactBySummary } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { defineCityTool, type Scenario } from './scenario.ts';
import { createCall, pay } from './scenario-tools.ts';

const write = defineCityTool('write', { execute: (city) => `${city} `.repeat(120) });

const references = compactByReference({ contextWindow: 300, threshold: 0.5, keepTurns: 1, minLength: 300 });

export const referred: Scenario = {
  name: 'large results that become references, one of which is read again',
  status: 'completed',
  turns: [
    respond.calls([createCall('write', 'Oslo'), createCall('pay', 'Oslo'), createCall('write', 'Rome')]),
    respond.calls([createCall('write', 'Bern')]),
    respond.calls([{ name: 'read_result', arguments: { id: 'call_1' } }]),
    respond.text('All written.'),
  ],
  agent: (stage) => ({
    instructions: 'Write.',
    tools: [write(stage), pay(stage), ...references.tools],
    middleware: [references],
  }),
};

/** Summaries are requested in conversations of their own. */
export const compacted: Scenario = {
  name: 'a conversation whose beginning is summarized twice',
  status: 'completed',
  requestCount: 4,
  turns: [
    respond.calls([createCall('write', 'Oslo'), createCall('pay', 'Oslo'), createCall('write', 'Rome')]),
    respond.calls([createCall('write', 'Bern')]),
    respond.text('Oslo and Rome were written.'),
    respond.calls([createCall('write', 'Nice'), createCall('pay', 'Nice')]),
    respond.text('All but Nice were written.'),
    respond.text('All written.'),
  ],
  agent: (stage) => ({
    tools: [write(stage), pay(stage)],
    middleware: [compactBySummary({ contextWindow: 350, threshold: 0.5, keepTurns: 1, model: stage.model })],
  }),
};
