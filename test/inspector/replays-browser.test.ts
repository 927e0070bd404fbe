import { Agent, type Effect, tool } from '@pawl/core';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { describeInBrowser, type OpenPage } from './open-page.ts';

const RECORDED = [
  respond.calls([{ name: 'look', arguments: { city: 'Oslo' } }]),
  respond.calls([{ name: 'pay', arguments: { city: 'Oslo' } }]),
  respond.text('Paid.'),
];

/** A run that looked and paid, in the page where it can be replayed. The script goes on with what replays ask. */
async function openRun(open: OpenPage, script: readonly ScriptedModelResponse[]) {
  const calls: string[] = [];
  const define = (name: string, effect: Effect) =>
    tool({
      name,
      description: `Does ${name}.`,
      input: z.object({ city: z.string() }),
      effect,
      execute({ city }) {
        calls.push(`${name} ${city}`);
        return `${name} ${city}: ${calls.length}`;
      },
    });
  const tools = [define('look', 'read'), define('pay', 'non-idempotent')];
  const agent = new Agent({ name: 'payer', model: scriptedModel([...RECORDED, ...script]), tools });
  const host = openSqlite(createFile());
  await agent.run('Pay in Oslo.', { host, runId: 'r' }).outcome();
  const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/r/fork' });
  return { page, calls, host };
}

async function begin(page: Page, mode: RegExp, before: string): Promise<void> {
  await page.getByRole('radio', { name: mode }).check();
  await page.getByLabel('Before the step').selectOption(before);
  await page.getByRole('button', { name: 'Begin' }).click();
}

describeInBrowser('replays in the inspector in Chromium', (open) => {
  test('E12: a recorded replay runs no tool, and every step is equal', async () => {
    const { page, calls, host } = await openRun(open, RECORDED);
    expect(calls).toEqual(['look Oslo', 'pay Oslo']);

    await begin(page, /Replay, recorded/, 'start');
    const both = page.getByRole('region', { name: 'Both runs' });
    await both.getByText('✓ completed').nth(1).waitFor();
    await both.getByText('✓ Every step is equal').waitFor();

    expect(calls).toEqual(['look Oslo', 'pay Oslo']);
    expect(await host.listRuns()).toHaveLength(1);
    await page.getByRole('navigation', { name: 'Replays of this run' }).getByText('recorded before start').waitFor();
  });

  test('E13: a live replay asks before a call that is not idempotent, and runs it when it is approved', async () => {
    const again = [respond.calls([{ name: 'pay', arguments: { city: 'Rome' } }]), respond.text('Paid in Rome.')];
    const { page, calls } = await openRun(open, again);

    await page.getByLabel('Another input at that point').fill('Pay in Rome.');
    await begin(page, /Replay, live/, 'start');
    const pending = page.getByRole('article', { name: 'Pending call pay' });
    await pending.getByText('"Rome"').waitFor();
    expect(calls).toEqual(['look Oslo', 'pay Oslo']);
    await pending.getByRole('button', { name: 'Approve' }).click();
    const both = page.getByRole('region', { name: 'Both runs' });
    await both.getByText('Paid in Rome.').first().waitFor();
    await both.getByText(/The first difference is in/).waitFor();
    expect(calls).toEqual(['look Oslo', 'pay Oslo', 'pay Rome']);
  });

  test('a step is replayed with another result of its call', async () => {
    const { page, calls } = await openRun(open, [respond.text('Nothing to pay.')]);
    await page.getByLabel('Before the step').selectOption('tool:1.0:look');
    await page.getByLabel('Another result of the call').fill('"Oslo: closed"');
    await begin(page, /Replay, recorded/, 'tool:1.0:look');
    const both = page.getByRole('region', { name: 'Both runs' });
    await both.getByText('look: Oslo: closed').waitFor();
    await both.getByText('Nothing to pay.').first().waitFor();
    expect(calls).toEqual(['look Oslo', 'pay Oslo']);
  });

  test('a run is saved as a test, file by file', async () => {
    const { page } = await openRun(open, []);
    await page.getByRole('button', { name: 'Save as test' }).click();
    const section = page.getByRole('region', { name: 'Test of this run' });
    await section
      .getByText(/\.test\.ts/)
      .first()
      .waitFor();
    await section.locator('summary').first().click();
    const download = page.waitForEvent('download');
    await section
      .getByRole('button', { name: /^Save (?!as)/ })
      .first()
      .click();
    expect((await download).suggestedFilename()).toBe('payer.cassette.jsonl');
  });
});
