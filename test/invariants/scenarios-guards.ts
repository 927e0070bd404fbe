import { RefuseRun, SuspendRun, type Tool, tool } from '@pawl/core';
import { inputGuard, outputGuard, toolGuard } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import { defineCityTool, type Scenario, type ScenarioSetup } from './scenario.ts';
import { createCall, look, pay } from './scenario-tools.ts';

const guards = [
  outputGuard({ name: 'watch', every: 3, check: () => ({ type: 'allow' }) }),
  inputGuard({ name: 'beside', check: () => ({ type: 'allow' }) }),
  inputGuard({
    name: 'before',
    mode: 'blocking',
    check: ({ messages }) => ({ type: 'replace', messages: messages.map((each) => ({ ...each, content: 'Go on.' })) }),
  }),
  outputGuard({
    name: 'kind',
    check({ text }) {
      if (text.includes('fool')) return { type: 'retry', reason: 'be kind' };
      return text.includes('007') ? { type: 'replace', text: text.replace('007', '…') } : { type: 'allow' };
    },
  }),
  toolGuard({
    name: 'towns',
    before: ({ call }) => (call.id === 'call_2' ? { type: 'deny', reason: 'not there.' } : { type: 'allow' }),
    after: ({ content }) => ({ type: 'replace', content: `[${content}]` }),
  }),
];

export const guarded: Scenario = {
  name: 'guards that allow, replace, deny and retry',
  status: 'completed',
  turns: [
    respond.calls([createCall('look', 'Oslo'), createCall('pay', 'Oslo'), createCall('look', 'Rome')]),
    respond.text('You fool.'),
    respond.text('I am 007.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], middleware: guards, limits: { tokens: 10_000 } }),
};

/** Idempotent: a repeated call would otherwise have an unknown outcome after a crash, and not suspend again. */
const code = defineCityTool('code', {
  effect: 'idempotent',
  execute() {
    throw new SuspendRun('A code, please.');
  },
});

export const waiting: Scenario = {
  name: 'tools that suspend the run',
  status: 'completed',
  turns: [
    respond.calls([createCall('code', 'Oslo'), createCall('pay', 'Oslo'), createCall('code', 'Rome')]),
    respond.text('All there.'),
  ],
  agent: (stage) => ({ tools: [code(stage), pay(stage)] }),
  answer({ id, fingerprint }) {
    if (id === 'unknown_outcome:1.0:1') return { type: 'approve', fingerprint };
    return id.startsWith('unknown_outcome:1.2')
      ? { type: 'deny', fingerprint }
      : { type: 'result', fingerprint, value: { code: 5 } };
  },
};

/** Asks for two values, which it keeps in its state. */
function createOrder({ started }: ScenarioSetup): Tool<unknown> {
  return tool({
    name: 'order',
    description: 'Orders in a city.',
    input: z.object({ city: z.string() }),
    execute: ({ city }, { idempotencyKey, resumeData }) => {
      started.push(idempotencyKey);
      const values = resumeData === undefined ? [] : [...(resumeData.state as readonly string[]), resumeData.value];
      if (values.length < 2) throw new SuspendRun(`Value ${values.length} for ${city}?`, { state: values });
      return `${city}: ${values.join(', ')}`;
    },
  });
}

export const resumed: Scenario = {
  name: 'tools that suspend the run with a state, for two rounds',
  status: 'completed',
  turns: [
    respond.calls([createCall('order', 'Oslo'), createCall('pay', 'Oslo'), createCall('order', 'Rome')]),
    respond.text('All ordered.'),
  ],
  agent: (stage) => ({ tools: [createOrder(stage), pay(stage)] }),
  answer: ({ id, fingerprint }) => ({ type: 'resume', fingerprint, value: `value of ${id}` }),
};

const refuse = defineCityTool('refuse', {
  effect: 'idempotent',
  execute(city) {
    throw new RefuseRun(`Not in ${city}.`, { guard: 'towns' });
  },
});

export const refusing: Scenario = {
  name: 'a tool that refuses the run',
  status: 'refused',
  turns: [respond.call('look', { city: 'Oslo' }), respond.calls([createCall('refuse', 'Rome')])],
  agent: (stage) => ({ tools: [refuse(stage), look(stage)] }),
};
