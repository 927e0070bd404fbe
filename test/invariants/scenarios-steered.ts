import { reply } from '@pawl/testing';
import type { Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

export const steered: Scenario = {
  name: 'a user who says something while the run is at work',
  status: 'completed',
  turns: [reply.calls([asks('look', 'Oslo')]), reply.calls([asks('pay', 'Rome')]), reply.text('Rome, then.')],
  agent: (stage) => ({ tools: [look(stage), pay(stage)] }),
  says: 'Rome would be better.',
};
