// Runs one framework with MCP servers: node child.ts <framework> <ask|answer>. Its parent sends the question.

import { once } from 'node:events';
import { takeRun } from '../run-framework.ts';
import type { McpQuestion } from './mcp-framework.ts';
import { loadMcpFramework } from './mcp-frameworks.ts';

const [name = '', method = ''] = process.argv.slice(2);
// What the servers must not get.
process.env['PAWL_SECRET'] = 'secret';
const received = once(process, 'message');
process.send?.({ isReady: true });
const [question] = (await received) as [Omit<McpQuestion, 'signal'>]; // What its parent sends.
const abort = new AbortController();
let abortedAt: number | undefined;
process.on('message', () => {
  abortedAt = performance.now();
  abort.abort(new Error('The user aborted the run.'));
});
const framework = await loadMcpFramework(name);
const use = method === 'answer' ? framework.answer : framework.ask;
if (use === undefined) throw new Error(`${name} has no method ${method}.`);
const did = await takeRun({
  run: () => use({ ...question, signal: abort.signal }),
  ran: [],
  findStart: (begun) => abortedAt ?? begun,
});
process.send?.({ did });
// Lives on until its parent has looked at the processes that it left.
process.once('disconnect', () => process.exit());
