// Measures how fast the page of the inspector is with a run of 10,000 events, in Chromium: how long it takes to open, and how long a key takes.
//   npm run bench -- inspector [EVENTS]
import { Agent, memoryHost, tool } from '@pawl/core';
import { inspect } from '@pawl/inspector';
import { listen } from '@pawl/serve/node';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';
import { findChromium } from '../test/serve/browser/find-chromium.ts';
import { launchBrowser } from '../test/serve/browser/open-browser.ts';

const [events = 10_000] = process.argv.slice(2).map(Number);
const ROUNDS = 5;

const executable = findChromium('the bench of the inspector');
if (executable === undefined) process.exit(1);

const host = memoryHost();
const agent = createAgent();
await agent.run('Look often.', { host, runId: 'long' }).outcome();
const { events: recorded } = await host.getRun('long');
const inspector = inspect({ host, agents: [agent] });
const server = await listen(inspector, { port: 0, signals: false });
const browser = await launchBrowser(executable);
const page = await browser.newPage({ viewport: { width: 1_240, height: 800 } });
await page.goto(inspector.createUrl(server.url));
const list = page.getByRole('list', { name: 'What happened in run long' });

const opened: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  await page.goto(`${server.url}/#/runs`);
  await page.getByRole('list', { name: 'Runs' }).getByRole('link').waitFor();
  const start = performance.now();
  await page.getByRole('list', { name: 'Runs' }).getByRole('link').click();
  await page.evaluate(waitForRows(events - 2));
  opened.push(performance.now() - start);
}
await list.getByRole('link').first().waitFor();
const keys: number[] = [];
for (let round = 0; round < 20; round++) keys.push(Number(await page.evaluate(measureKey())));

console.log(`${recorded.length} events`);
console.log(`open: ${describeTimes(opened)}`);
console.log(`key:  ${describeTimes(keys)}`);
await browser.close();
await server.close();

function createAgent(): Agent {
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'ok' });
  const turns = Math.ceil(events / 2);
  const model = scriptedModel(
    ({ messages }) => (messages.length < turns * 2 - 1 ? respond.call('look') : respond.text('Done.')),
    { keepRequests: 1 },
  );
  return new Agent({ name: 'looker', model, tools: [look], limits: { turns: turns + 1 } });
}

/** Resolves when the list has so many rows. The page forbids what `waitForFunction` does. */
function waitForRows(count: number): string {
  return `new Promise((resolve) => {
    const check = () =>
      document.querySelector('.waterfall li')?.ariaSetSize >= ${count} ? resolve() : requestAnimationFrame(check);
    check();
  })`;
}

/** From the press of a key until the frame after it. */
function measureKey(): string {
  return `(async () => {
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true, cancelable: true }));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - start;
  })()`;
}

function describeTimes(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const formatQuantile = (part: number): string =>
    `${Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)} ms`;
  return `median ${formatQuantile(0.5)}, slowest ${formatQuantile(1)}`;
}
