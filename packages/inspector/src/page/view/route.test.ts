import { expect, test } from 'vitest';
import { formatRoute, HOME, parseRoute, type Route } from './route.ts';

const routes: readonly Route[] = [
  { screen: 'runs', filter: {} },
  { screen: 'runs', filter: { status: 'failed', agent: 'a/b', conversation: 'c?&', text: '50 % & more' } },
  { screen: 'inbox' },
  { screen: 'agents' },
  { screen: 'agent', name: 'support team' },
  { screen: 'run', runId: 'a/b?c#d' },
  { screen: 'turn', runId: 'r', path: '', turn: 3 },
  { screen: 'turn', runId: 'r', path: 'tool:1.0/tool:2.1', turn: 1 },
  { screen: 'wire', runId: 'r' },
  { screen: 'wire', runId: 'r', exchange: 4 },
  { screen: 'fork', runId: 'r' },
  { screen: 'fork', runId: 'r', before: 'tool:3.1:refund', beside: 'other' },
];

test.each(routes)('the fragment of $screen holds all of it: %j', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

test.each(['', '#', '#/nowhere', '#/run', '#/agent/', '#/run/%E0%A4%A'])('%j shows the list of runs', (fragment) => {
  expect(parseRoute(fragment)).toEqual(HOME);
});

test.each(['#/run/r/turn/x', '#/run/r/turn/-1', '#/run/r/nowhere'])('%j shows the run', (fragment) => {
  expect(parseRoute(fragment)).toEqual({ screen: 'run', runId: 'r' });
});
