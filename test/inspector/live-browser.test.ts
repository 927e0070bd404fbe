import { join } from 'node:path';
import { Agent, type Host, memoryHost, tool } from '@pawl/core';
import { inspect } from '@pawl/inspector';
import { listen } from '@pawl/serve/node';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { KillableProgram } from '../killable-program.ts';
import { asOperator } from './ask-inspector.ts';
import { describeInBrowser, goTo } from './open-page.ts';
import { listenUntilEnd } from './start-inspector.ts';

describeInBrowser('runs at work in the inspector in Chromium', (open) => {
  test('E5: the text of a run at work is shown, and taken back when its attempt is discarded', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const half = respond.text('Half of an answer.');
    const script = [
      respond.delayed(respond.cut(half, { afterChunks: 3 }), { until: first.promise }),
      respond.stall(respond.text('A whole answer.'), { afterChunks: 2, until: second.promise }),
    ];
    const agent = new Agent({ name: 'writer', model: scriptedModel(script), retry: { initialDelayMs: 1 } });
    const host = openSqlite(createFile());
    const run = agent.run('Write.', { host, runId: 'r', stream: true });
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/r' });

    await page.getByText('▸ running').waitFor();
    first.resolve();
    const live = page.getByRole('region', { name: 'Text in progress', exact: true }).first();
    await live.getByText('A whole').waitFor();
    await live.getByText('1 discarded before').waitFor();
    expect(await live.textContent()).not.toContain('Half');
    second.resolve();
    await run.outcome();

    await page.getByText('✓ completed').waitFor();
    await live.waitFor({ state: 'detached' });
    await page.getByText('A whole answer.').waitFor();
    const row = page.getByRole('link', { name: /Request scripted.*failed/ });
    await row.waitFor();
  });

  test('E6: a run of another process is shown as such, and appears by itself', async () => {
    const file = createFile();
    const [mine, other] = [openSqlite(file), openSqlite(file)];
    const gate = Promise.withResolvers<void>();
    const agent = new Agent({
      name: 'far',
      model: scriptedModel([respond.delayed(respond.text('From afar.'), { until: gate.promise })]),
    });
    const { page } = await open({ host: mine });
    await page.getByText('No run matches.').waitFor();

    const run = agent.run('Go.', { host: other, runId: 'far-run' });
    await page
      .getByRole('list', { name: 'Runs' })
      .getByRole('link', { name: /far-run/ })
      .click();
    await page.getByText('working in another process').waitFor();
    gate.resolve();
    await run.outcome();
    await page.getByText('✓ completed').waitFor();
    await page.getByText('From afar.').waitFor();
  });

  test('E7: a page goes on by itself after its server was killed and has begun again, and shows what came since', async () => {
    const file = createFile();
    const { run, finish } = startLookout(openSqlite(file));
    const program = new KillableProgram(join(import.meta.dirname, 'inspected-file.ts'));
    const url = await program.start([file, '0']);
    const inspector = inspect({ host: openSqlite(file), authorize: asOperator });
    const { page } = await open(inspector, { fragment: '#/run/r', url, expectedErrors: /ERR_/ });
    const rows = page.getByRole('list', { name: 'What happened in run r' }).getByRole('link');
    await rows.filter({ hasText: 'look' }).waitFor();

    await program.kill();
    await page.getByText('The server cannot be reached. Trying again…').waitFor();
    finish();
    await run.outcome();
    await program.start([file, new URL(url).port]);

    await page.getByText('✓ completed').waitFor();
    await page.getByText('The server cannot be reached').waitFor({ state: 'detached' });
    const shown = [/scripted 1 call/, /look/, /scripted stop/].map((row) => expect.stringMatching(row));
    await expect.poll(() => rows.allTextContents()).toEqual(shown);
  });

  test('E15: the address of an inspector that began again lets the page of the old one in, at the same run', async () => {
    const host = memoryHost();
    const { run, finish } = startLookout(host);
    finish();
    await run.outcome();
    const [first, second] = [inspect({ host }), inspect({ host })];
    const server = await listen(first, LISTEN);
    const { url } = server;
    const { page } = await open(first, { fragment: '#/run/r', url, expectedErrors: /ERR_|status of 401/ });
    await page.getByText('✓ completed').waitFor();

    await server.close();
    await listenUntilEnd(second, { port: Number(new URL(url).port) });
    await page.getByText('Open the address that the inspector printed').waitFor();
    await page.goto(second.createUrl(url));

    await page.getByText('✓ completed').waitFor();
    expect(new URL(page.url()).hash).toBe('#/run/r');
  });

  test('a fork with another input is shown beside its run', async () => {
    const script = [respond.text('First.'), respond.text('Second.')];
    const agent = new Agent({ name: 'shop', model: scriptedModel(script) });
    const host = openSqlite(createFile());
    await agent.run('Go.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/r/fork' });

    await page.getByRole('radio', { name: /Fork in the host/ }).check();
    await page.getByLabel('Before the step').selectOption('model:1');
    await page.getByLabel('Another input at that point').fill('Go elsewhere.');
    await page.getByRole('button', { name: 'Begin' }).click();

    const both = page.getByRole('region', { name: 'Both runs' });
    await both.getByText('Second.').first().waitFor();
    await both.getByRole('row', { name: /model:1 ≠ different/ }).waitFor();
    const runs = await host.listRuns();
    expect(runs).toHaveLength(2);
    await goTo(page, `#/run/${runs.find(({ runId }) => runId !== 'r')?.runId}`);
    await page.getByRole('link', { name: /r before model:1/ }).waitFor();
  });

  test('E8: of a list of 3,000 runs, and of a run of 10,000 events, only the rows that can be seen are in the page', async () => {
    const host = memoryHost();
    for (let run = 0; run < 3_000; run++) await host.enqueue('queued', 'Go.', { runId: `run-${run}` });
    const { page } = await open({ host });
    const list = page.getByRole('list', { name: 'Runs' });
    await list.getByRole('link', { name: /run-2999/ }).waitFor();
    const scrollToEnd = () => list.evaluate((element) => element.parentElement?.scrollTo(0, element.clientHeight));
    // Each page of the list is read when its end is scrolled to.
    for (const size of ['200', '300', '400']) {
      await scrollToEnd();
      await expect.poll(() => list.getByRole('listitem').last().getAttribute('aria-setsize')).toBe(size);
    }
    expect(await list.getByRole('listitem').count()).toBeLessThan(60);

    await page
      .getByLabel('Open a dump')
      .setInputFiles({ name: 'long.jsonl', mimeType: 'text/plain', buffer: createLongDump() });
    const rows = page.getByRole('list', { name: 'What happened in run long' });
    await expect.poll(() => rows.getByRole('listitem').first().getAttribute('aria-setsize')).toBe('10000');
    expect(await rows.getByRole('listitem').count()).toBeLessThan(60);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('look');
  });
});

/** 5,000 turns, each with a request and a call. */
function createLongDump(): Buffer {
  const usage = {
    requests: 1,
    inputTokens: 9,
    cachedInputTokens: 0,
    outputTokens: 1,
    reasoningTokens: 0,
    totalTokens: 10,
  };
  const events: object[] = [];
  for (let turn = 1; turn <= 5_000; turn++) {
    const call = { id: `c${turn}`, type: 'function', function: { name: 'look', arguments: '{}' } };
    const stamp = { runId: 'long', path: '', agent: 'a', seq: turn, turn, at: turn * 100, activeMs: turn * 100 };
    events.push(
      {
        ...{ ...stamp, type: 'model.responded', step: `model:${turn}`, position: turn * 2, model: 'm', durationMs: 50 },
        ...{ message: { role: 'assistant', tool_calls: [call] }, finishReason: 'tool_calls', failedAttempts: [] },
        usage: { ...usage, cost: 0, estimated: false },
      },
      {
        ...{ ...stamp, type: 'tool.finished', step: `tool:${turn}.0:look`, position: turn * 2 + 1, index: 0, call },
        ...{ toolCallId: call.id, toolName: 'look', content: 'ok', output: 'ok', durationMs: 20, at: turn * 100 + 40 },
      },
    );
  }
  return Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

const LISTEN = { port: 0, signals: false, graceMs: 0 } as const;

/** A run of two turns, whose second response waits for `finish`. */
function startLookout(host: Host) {
  const gate = Promise.withResolvers<void>();
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'Nothing.' });
  const script = [respond.call('look'), respond.delayed(respond.text('Seen.'), { until: gate.promise })];
  const agent = new Agent({ name: 'lookout', model: scriptedModel(script), tools: [look] });
  return { run: agent.run('Look.', { host, runId: 'r' }), finish: gate.resolve };
}
