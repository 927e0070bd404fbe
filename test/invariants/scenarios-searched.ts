import { toolSearch } from '@pawl/core';
import { reply } from '@pawl/testing';
import { cityTool, type Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

const visit = cityTool('visit');

export const searched: Scenario = {
  name: 'tools that are found by searching for them',
  status: 'completed',
  turns: [
    reply.calls([{ name: 'search_tools', arguments: { query: 'pay' } }, asks('look', 'Oslo')]),
    reply.calls([asks('pay', 'Oslo'), asks('visit', 'Oslo'), { name: 'search_tools', arguments: { query: '' } }]),
    reply.calls([asks('visit', 'Rome'), asks('pay', 'Rome')]),
    reply.text('Found.'),
  ],
  agent(stage) {
    const search = toolSearch([visit(stage), pay(stage), look(stage)], { above: 2, always: ['look'], most: 1 });
    return { tools: search.tools, middleware: [search] };
  },
};
