import { toolSearch } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { defineCityTool, type Scenario } from './scenario.ts';
import { createCall, look, pay } from './scenario-tools.ts';

const visit = defineCityTool('visit');

export const searched: Scenario = {
  name: 'tools that are found by search',
  status: 'completed',
  turns: [
    respond.calls([{ name: 'search_tools', arguments: { query: 'pay' } }, createCall('look', 'Oslo')]),
    respond.calls([
      createCall('pay', 'Oslo'),
      createCall('visit', 'Oslo'),
      { name: 'search_tools', arguments: { query: '' } },
    ]),
    respond.calls([createCall('visit', 'Rome'), createCall('pay', 'Rome')]),
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
