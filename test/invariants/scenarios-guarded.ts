import { inputGuard, outputGuard, RefuseRun, SuspendRun, toolGuard } from '@pawl/core';
import { reply } from '@pawl/testing';
import { cityTool, type Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

const guards = [
  inputGuard({ name: 'beside', check: () => ({ type: 'pass' }) }),
  inputGuard({
    name: 'before',
    timing: 'before',
    check: ({ messages }) => ({ type: 'replace', messages: messages.map((each) => ({ ...each, content: 'Go on.' })) }),
  }),
  outputGuard({
    name: 'kind',
    check({ text }) {
      if (text.includes('fool')) return { type: 'retry', reason: 'be kind' };
      return text.includes('007') ? { type: 'replace', text: text.replace('007', '…') } : { type: 'pass' };
    },
  }),
  toolGuard({
    name: 'towns',
    before: ({ call }) => (call.id === 'call_2' ? { type: 'deny', reason: 'not there.' } : { type: 'pass' }),
    after: ({ content }) => ({ type: 'replace', content: `[${content}]` }),
  }),
];

export const guarded: Scenario = {
  name: 'guards that pass, replace, deny, and have the model asked again',
  status: 'completed',
  turns: [
    reply.calls([asks('look', 'Oslo'), asks('pay', 'Oslo'), asks('look', 'Rome')]),
    reply.text('You fool.'),
    reply.text('I am 007.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], middleware: guards, limits: { tokens: 10_000 } }),
};

/** In doubt after a crash it would not have waited, nor ended anything. */
const code = cityTool('code', {
  effect: 'idempotent',
  execute() {
    throw new SuspendRun('A code, please.');
  },
});

export const waiting: Scenario = {
  name: 'tools that wait for somebody',
  status: 'completed',
  turns: [reply.calls([asks('code', 'Oslo'), asks('pay', 'Oslo'), asks('code', 'Rome')]), reply.text('All there.')],
  agent: (stage) => ({ tools: [code(stage), pay(stage)] }),
  answer({ id, fingerprint }) {
    if (id === 'doubt:1.0:1') return { type: 'approve', fingerprint };
    return id.startsWith('doubt:1.2')
      ? { type: 'deny', fingerprint }
      : { type: 'reply', fingerprint, value: { code: 5 } };
  },
};

const refuse = cityTool('refuse', {
  effect: 'idempotent',
  execute(city) {
    throw new RefuseRun(`Not in ${city}.`, { guard: 'towns' });
  },
});

export const refusing: Scenario = {
  name: 'a tool that refuses the run',
  status: 'refused',
  turns: [reply.call('look', { city: 'Oslo' }), reply.calls([asks('refuse', 'Rome')])],
  agent: (stage) => ({ tools: [refuse(stage), look(stage)] }),
};
