// Makes docs/images/inspector.png: the page of the inspector over a run that really happened here, with a scripted model in place of a server.
//   node scripts/inspector-picture.ts            needs Chromium: Debian's package, or CHROMIUM_PATH
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Host, memoryHost, openai, tool } from '@pawl/core';
import { memoryWireLog, type ReadableWireLog } from '@pawl/core/wire-log';
import { inspect } from '@pawl/inspector';
import { listen } from '@pawl/serve/node';
import { offlineServer, respond, type ScriptedResponse, type ScriptFunction } from '@pawl/testing';
import { z } from 'zod';
import { findChromium } from '../test/serve/browser/find-chromium.ts';
import { launchBrowser } from '../test/serve/browser/open-browser.ts';

interface PictureRun {
  readonly host: Host;
  readonly wireLog: ReadableWireLog;
  readonly agent: Agent;
  readonly close: () => Promise<void>;
}

/** Runs a support agent: parallel calls, a stream that is cut, an agent as a tool, an approval. The waits are real. */
async function runSupport(): Promise<PictureRun> {
  const server = await offlineServer({ script: respondLikeServer });
  const host = memoryHost();
  const wireLog = memoryWireLog();
  const agent = createSupport(server.baseURL, wireLog);
  const runId = 'ticket-1042';
  const input = 'Order 7 arrived broken. I want my money back.';
  const outcome = await agent.run(input, { runId, host, stream: true, metadata: { customer: 'ada' } }).outcome();
  if (outcome.status !== 'suspended') throw new Error(`The run is ${outcome.status}, not suspended.`);
  await sleep(1_500);
  for (const { id, fingerprint } of outcome.pending) {
    await host.answer(runId, id, { type: 'approve', fingerprint }, { by: 'grace' });
  }
  await agent.resume(runId, { host, stream: true });
  return { host, wireLog, agent, close: () => server.close() };
}

function createSupport(baseURL: string, wireLog: ReadableWireLog): Agent {
  const price = { input: 0.25, output: 2 };
  const model = openai('gpt-5-mini', { baseURL, price });
  const createLookup = (name: string, ms: number, result: object) =>
    tool({
      name,
      description: `Looks up: ${name}.`,
      input: z.object({ id: z.number() }),
      effect: 'read',
      async execute() {
        await sleep(ms);
        return result;
      },
    });
  const policies = new Agent({
    name: 'policies',
    model,
    instructions: 'Quote the policy.',
    tools: [createLookup('read_policy', 140, { refunds: 'Broken on arrival: full refund within 30 days.' })],
  });
  const refund = tool({
    name: 'refund_order',
    description: 'Refunds an order.',
    input: z.object({ order: z.number(), euros: z.number() }),
    needsApproval: ({ euros }) => euros > 50,
    async execute({ order, euros }) {
      await sleep(180);
      return { order, refunded: euros };
    },
  });
  return new Agent({
    name: 'support',
    model,
    instructions: 'You help customers of a shop. Be brief.',
    tools: [
      createLookup('find_order', 210, { id: 7, euros: 90, delivered: '2026-11-24' }),
      createLookup('find_customer', 330, { id: 12, name: 'Ada' }),
      policies.asTool({ name: 'ask_policies', description: 'Answers questions about policies.' }),
      refund,
    ],
    limits: { turns: 8, tokens: 8_000, cost: 0.05, toolCalls: 10 },
    retry: { initialDelayMs: 150 },
    wireLog,
  });
}

let requests = 0;

const respondLikeServer: ScriptFunction<ScriptedResponse> = ({ messages }) => {
  requests++;
  const wait = <Response extends ScriptedResponse>(response: Response, ms: number): ScriptedResponse =>
    respond.delayed(response, { until: sleep(ms) });
  const answers = messages.filter(({ role }) => role === 'assistant').length;
  const isPolicy = messages.some(({ content }) => content === 'Quote the policy.');
  if (isPolicy) {
    return answers === 0
      ? wait(respond.call('read_policy', { id: 1 }), 160)
      : wait(respond.text('Broken on arrival: full refund within 30 days.'), 190);
  }
  const calls = [
    { name: 'find_order', arguments: { id: 7 } },
    { name: 'find_customer', arguments: { id: 12 } },
  ];
  switch (answers) {
    case 0:
      return requests === 1
        ? wait(respond.cut(respond.calls(calls), { afterChunks: 3 }), 240)
        : wait(respond.calls(calls), 260);
    case 1:
      return wait(respond.call('ask_policies', { prompt: 'May I refund a broken order?' }), 220);
    case 2:
      return wait(respond.call('refund_order', { order: 7, euros: 90 }), 200);
    default:
      return wait(respond.text('Your 90 € are on their way. Sorry for the broken order, Ada.'), 310);
  }
};

async function makePicture(path: string): Promise<void> {
  const executable = findChromium('the picture');
  if (executable === undefined) process.exit(1);
  const { host, wireLog, agent, close } = await runSupport();
  const inspector = inspect({ host, agents: [agent], wireLog, title: 'runs.db' });
  const listener = await listen(inspector, { port: 0, signals: false });
  const browser = await launchBrowser(executable);
  const page = await browser.newPage({ viewport: { width: 1_240, height: 700 } });
  await page.goto(inspector.createUrl(listener.url));
  await page.getByRole('link', { name: /ticket-1042/ }).click();
  await page.getByText('Cost', { exact: true }).waitFor();
  await page.getByLabel('Budget').waitFor();
  const picture = await page.screenshot();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, picture);
  await browser.close();
  await listener.close();
  await close();
}

if (import.meta.main) await makePicture(join(import.meta.dirname, '..', 'docs', 'images', 'inspector.png'));
