import { Agent, tool } from '@pawl/core';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { describeInBrowser, goTo } from './open-page.ts';

/** A shop whose refunds need approvals, and whose question has an answer from outside. */
function openShop(
  script: readonly ScriptedModelResponse[],
  { approvalTimeoutMs }: { readonly approvalTimeoutMs?: number } = {},
) {
  const refunds: object[] = [];
  const refund = tool({
    name: 'refund',
    description: 'Pays back.',
    input: z.object({ order: z.string(), euros: z.int() }),
    needsApproval: true,
    ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
    preview: ({ order }) => `Pays order ${order} back.`,
    execute(input) {
      refunds.push(input);
      return { refunded: input.euros };
    },
  });
  const ask = tool({ name: 'ask', description: 'Asks a person.', input: z.object({ question: z.string() }) });
  const agent = new Agent({ name: 'shop', model: scriptedModel([...script]), tools: [refund, ask] });
  return { refunds, agent, host: openSqlite(createFile()) };
}

const card = (page: Page, name: string) => page.getByRole('article', { name: `Pending call ${name}` });

describeInBrowser('answers in the inspector in Chromium', (open) => {
  test('a call is approved from the inbox by the keyboard, and runs once', async () => {
    const { agent, host, refunds } = openShop([
      respond.call('refund', { order: '7', euros: 90 }),
      respond.text('Paid.'),
    ]);
    await agent.run('Refund 7.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] });

    await page.getByRole('link', { name: 'Inbox (1)' }).click();
    await card(page, 'refund').getByText('Pays order 7 back.').waitFor();
    await card(page, 'refund').getByText('An answer binds').waitFor();
    await page.keyboard.press('a');
    await page.getByText('Nothing waits for an answer.').waitFor();
    await page.getByRole('link', { name: 'Inbox', exact: true }).waitFor();

    await expect.poll(async () => (await host.getRun('r')).status).toBe('completed');
    expect(refunds).toEqual([{ order: '7', euros: 90 }]);
    const { events } = await host.getRun('r');
    const answered = events.find(({ event }) => event.type === 'approval.answered')?.event;
    expect(answered).toMatchObject({ by: expect.stringContaining('operator') });
  });

  test('a denial has a reason that the model reads', async () => {
    const { agent, host, refunds } = openShop([
      respond.call('refund', { order: '7', euros: 90 }),
      respond.text('Not paid.'),
    ]);
    await agent.run('Refund 7.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/r' });

    await card(page, 'refund').waitFor();
    await page.keyboard.press('d');
    await page.keyboard.type('Too much.');
    await page.getByRole('button', { name: 'Deny', exact: true }).click();
    await page.getByText('✓ completed').waitFor();

    await goTo(page, '#/run/r/turn/1');
    const call = page.getByRole('article', { name: 'Call refund' });
    await call.getByText('then denied').waitFor();
    await call.getByRole('region', { name: 'Result as the model read it' }).getByText('Too much.').waitFor();
    expect(refunds).toEqual([]);
  });

  test('E2: arguments are edited in a form of the schema, which refuses what is invalid', async () => {
    const { agent, host, refunds } = openShop([
      respond.call('refund', { order: '7', euros: 90 }),
      respond.text('Paid.'),
    ]);
    await agent.run('Refund 7.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/inbox' });

    await card(page, 'refund').getByRole('button', { name: 'Edit…' }).click();
    await page.getByLabel('euros').fill('many');
    await page.getByRole('button', { name: 'Approve with these arguments' }).click();
    await page.getByRole('alert').getByText('This is not a number.').waitFor();
    expect(refunds).toEqual([]);
    await page.getByLabel('euros').fill('12');
    await page.getByRole('button', { name: 'Approve with these arguments' }).click();
    await page.getByText('Nothing waits for an answer.').waitFor();

    await expect.poll(() => refunds).toEqual([{ order: '7', euros: 12 }]);
  });

  test('a result from outside is given as JSON or as text', async () => {
    const script = [
      respond.call('ask', { question: 'Which?' }),
      respond.call('ask', { question: 'Why?' }),
      respond.text('I see.'),
    ];
    const { agent, host } = openShop(script);
    await agent.run('Ask.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/r' });

    await card(page, 'ask').getByRole('button', { name: 'Give a result…' }).click();
    await page.getByLabel('Result as JSON').fill('{"which": ');
    await page.getByRole('button', { name: 'Give this result' }).click();
    await page.getByRole('alert').getByText('This is not JSON').waitFor();
    await page.getByLabel('Result as JSON').fill('{"which": 7}');
    await page.getByRole('button', { name: 'Give this result' }).click();
    await card(page, 'ask').getByText('Why?').waitFor();
    await card(page, 'ask').getByRole('button', { name: 'Give a result…' }).click();
    await page.getByRole('radio', { name: 'text' }).check();
    await page.getByLabel('Result as text').fill('Because.');
    await page.getByRole('button', { name: 'Give this result' }).click();
    await page.getByText('✓ completed').waitFor();

    const { events } = await host.getRun('r');
    const results = events.flatMap(({ event }) => (event.type === 'tool.finished' ? [event.content] : []));
    expect(results).toEqual(['{"which":7}', 'Because.']);
  });

  test('E1: of two pages that approve one call, one sees that it is answered', async () => {
    const { agent, host, refunds } = openShop([
      respond.call('refund', { order: '7', euros: 90 }),
      respond.text('Paid.'),
    ]);
    await agent.run('Refund 7.', { host, runId: 'r' }).outcome();
    const { page, openTab } = await open(
      { host, agents: [agent] },
      { fragment: '#/run/r', expectedErrors: /status of 422|ERR_FAILED/ },
    );
    const second = await openTab('#/run/r');
    await card(second, 'refund').waitFor();
    // The second page does not hear of the answer of the first: it keeps the call.
    await second.route('**/v1/runs/r', (route) => route.abort());

    await page.bringToFront();
    await card(page, 'refund').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('✓ completed').waitFor();
    await second.bringToFront();
    await card(second, 'refund').getByRole('button', { name: 'Approve' }).click();
    await second
      .getByRole('alert')
      .getByText(/has an answer already/)
      .waitFor();

    expect(refunds).toHaveLength(1);
  });

  test('E14: an expired call is not approved, and counts as denied when the run is continued', async () => {
    const script = [respond.call('refund', { order: '7', euros: 90 }), respond.text('Not paid.')];
    const { agent, host, refunds } = openShop(script, { approvalTimeoutMs: 300 });
    await agent.run('Refund 7.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/inbox', expectedErrors: /status of 422/ });

    await card(page, 'refund').getByText('Has expired: it counts as denied').waitFor();
    await page.keyboard.press('a');
    await page.getByRole('alert').getByText('has expired. Nothing was approved.').waitFor();
    await card(page, 'refund').getByRole('button', { name: 'Continue the run' }).click();
    await page.getByText('Nothing waits for an answer.').waitFor();

    await expect.poll(async () => (await host.getRun('r')).outcome).toMatchObject({ output: 'Not paid.' });
    expect(refunds).toEqual([]);
  });

  test('everything is done by the keyboard alone, and the focus can be seen', async () => {
    const { agent, host, refunds } = openShop([
      respond.call('refund', { order: '7', euros: 90 }),
      respond.text('Paid.'),
    ]);
    await agent.run('First.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] });
    const focused = () => page.evaluate('document.activeElement.textContent');
    await page.getByRole('list', { name: 'Runs' }).getByRole('link').waitFor();

    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('j');
    await expect.poll(focused).toContain('suspended');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await card(page, 'refund').waitFor();
    await page.keyboard.press('a');
    await page.getByText('✓ completed').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What the model saw' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('list', { name: 'What happened in run r' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('list', { name: 'Runs' }).waitFor();
    // The focus goes through all controls and leaves the page: there is no trap.
    const seen = new Set<string>();
    for (let presses = 0; presses < 15; presses++) {
      await page.keyboard.press('Tab');
      seen.add(String(await page.evaluate("document.activeElement.getAttribute('aria-label')")));
    }
    expect([...seen]).toEqual(expect.arrayContaining(['Status', 'Agent', 'Text', 'Conversation', 'Open a dump']));
    expect(refunds).toHaveLength(1);
  });
});
