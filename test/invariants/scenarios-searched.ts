import { toolSearch } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { cityTool, type Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

const visit = cityTool('visit');

export const searched: Scenario = {
  name: 'tools that are found by searching for them',
  status: 'completed',
  turns: [
    respond.calls([{ name: 'search_tools', arguments: { query: 'pay' } }, asks('look', 'Oslo')]),
    respond.calls([asks('pay', 'Oslo'), asks('visit', 'Oslo'), { name: 'search_tools', arguments: { query: '' } }]),
    respond.calls([asks('visit', 'Rome'), asks('pay', 'Rome')]),
    respond.text('Found.'),
  ],
  agent(stage) {
    const search = toolSearch([visit(stage), pay(stage), look(stage)], {
      threshold: 2,
      always: ['look'],
      maxResults: 1,
    });
    return { tools: search.tools, middleware: [search] };
  },
};
