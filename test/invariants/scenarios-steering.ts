import { inputGuard } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import type { Scenario } from './scenario.ts';
import { createCall, look, pay } from './scenario-tools.ts';

const quoting = inputGuard({
  name: 'quoting',
  mode: 'blocking',
  check: ({ messages }) => ({
    type: 'replace',
    messages: messages.map((each) => ({ ...each, content: `The user says: ${each.content}` })),
  }),
});

export const steering: Scenario = {
  name: 'steering during a run',
  status: 'completed',
  turns: [
    respond.calls([createCall('look', 'Oslo')]),
    respond.calls([createCall('pay', 'Rome')]),
    respond.text('Rome, then.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)] }),
  steering: 'Rome would be better.',
};

export const guardedSteering: Scenario = {
  ...steering,
  name: 'steering that a guard replaces before it is sent',
  agent: (stage) => ({ ...steering.agent(stage), middleware: [quoting] }),
};
