import { inputGuard } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import type { Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

const quoting = inputGuard({
  name: 'quoting',
  mode: 'blocking',
  check: ({ messages }) => ({
    type: 'replace',
    messages: messages.map((each) => ({ ...each, content: `The user says: ${each.content}` })),
  }),
});

export const steered: Scenario = {
  name: 'a user who says something while the run is at work',
  status: 'completed',
  turns: [respond.calls([asks('look', 'Oslo')]), respond.calls([asks('pay', 'Rome')]), respond.text('Rome, then.')],
  agent: (stage) => ({ tools: [look(stage), pay(stage)] }),
  says: 'Rome would be better.',
};

export const steeredGuarded: Scenario = {
  ...steered,
  name: 'a user who says something while the run is at work, which a guard replaces before it goes out',
  agent: (stage) => ({ ...steered.agent(stage), middleware: [quoting] }),
};
