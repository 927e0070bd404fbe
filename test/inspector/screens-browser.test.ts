import { AbortRun, Agent, type Host, openai, ToolError, tool } from '@pawl/core';
import { memoryWireLog } from '@pawl/core/wire-log';
import { offlineServer, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import type { Locator, Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { runScenario } from '../invariants/run-scenario.ts';
import { createResponder } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { describeInBrowser, goTo } from './open-page.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ euros: z.number() }),
  effect: 'non-idempotent',
  needsApproval: ({ euros }) => euros > 50,
  execute({ euros }) {
    if (euros < 0) throw new ToolError('Not less than nothing.');
    return { paid: euros };
  },
});

const stop = tool({
  name: 'stop',
  description: 'Ends the run.',
  input: z.object({}),
  execute() {
    throw new AbortRun('Enough.');
  },
});

function createAgent(name: string, script: readonly ScriptedModelResponse[]): Agent {
  return new Agent({ name, model: scriptedModel([...script]), instructions: 'Be brief.', tools: [pay, stop] });
}

/** A row of a list, by the words in it. */
function findRow(page: Page, list: string, text: RegExp): Locator {
  return page.getByRole('list', { name: list }).getByRole('listitem').filter({ hasText: text });
}

/** The names of the runs in the list, from top to bottom. */
async function listRuns(page: Page): Promise<readonly string[]> {
  return page.getByRole('list', { name: 'Runs' }).locator('code').allTextContents();
}

/** What the clipboard of the browser has. */
async function paste(page: Page): Promise<string> {
  const tab = await page.context().newPage();
  onTestFinished(() => tab.close());
  await tab.setContent('<textarea></textarea>');
  const field = tab.getByRole('textbox');
  await field.press('Control+V');
  return field.inputValue();
}

describeInBrowser('the screens of the inspector in Chromium', (open) => {
  test('the list has all eight statuses with their reasons, those that need attention first, and finds runs by status and by text', async () => {
    const host = openSqlite(createFile());
    const agents = [
      createAgent('waits', [respond.call('pay', { euros: 90 })]),
      createAgent('fails', [respond.httpError(400, { message: 'No such thing.' })]),
      createAgent('refuses', [respond.refusal('Never.')]),
      createAgent('is cut', [respond.truncated('Once upon a')]),
      createAgent('is filtered', [respond.filtered('I can')]),
      createAgent('is aborted', [respond.call('stop')]),
      createAgent('pays', [respond.call('pay', { euros: 5 }), respond.text('One paid.')]).with(() => ({
        limits: { turns: 2 },
      })),
      createAgent('works', [respond.text('Hello from Oslo.')]),
    ];
    for (const agent of agents) await agent.run('Go.', { host, runId: `run of ${agent.name}` }).outcome();
    const { page } = await open({ host, agents, title: 'runs.db' });

    const others = ['works', 'pays', 'is aborted', 'is filtered', 'is cut', 'refuses'];
    await expect.poll(() => listRuns(page)).toEqual(['waits', 'fails', ...others].map((name) => `run of ${name}`));
    const reasons = [
      /suspended.*waits for pay/,
      /failed.*http\.400.*No such thing/,
      /completed.*Hello from Oslo/,
      /limited.*limits\.turns: 1 of 2/,
      /aborted.*Enough/,
      /filtered.*I can/,
      /truncated.*Once upon a/,
      /refused.*Never/,
    ];
    for (const reason of reasons) await findRow(page, 'Runs', reason).waitFor();
    await page.getByRole('searchbox', { name: 'Text' }).fill('OSLO');
    await expect.poll(() => listRuns(page)).toEqual(['run of works']);
    await page.getByRole('searchbox', { name: 'Text' }).fill('');
    await page.getByRole('combobox', { name: 'Status' }).selectOption('failed');
    await expect.poll(() => listRuns(page)).toEqual(['run of fails']);
    expect(new URL(page.url()).hash).toBe('#/runs?status=failed');
    await page.reload();
    await expect.poll(() => listRuns(page)).toEqual(['run of fails']);
    await page.getByText('runs.db').waitFor();
  });

  const shown = [
    'approve, deny and edit among other calls',
    'retries after a 503 and a cut stream',
    'two handoffs, one with approval and a filtered history',
    'agents as tools in parallel, one of which needs approval',
    'a conversation whose beginning is summarized twice',
    'a flow: agents in parallel, calls, plain code, a question and a flow inside',
  ];
  test.each(scenarios.filter(({ name }) => shown.includes(name)))(
    'the waterfall and the turns of: $name',
    async (scenario) => {
      const host = openSqlite(createFile());
      const { outcome } = await runScenario(scenario, { model: scriptedModel(createResponder(scenario)), host });
      const { events } = await host.getRun('run');
      const { page } = await open({ host }, { fragment: '#/run/run' });

      await page.getByRole('heading', { name: 'Run run' }).waitFor();
      await page.getByText(new RegExp(`^. ${outcome.status}$`)).waitFor();
      const list = page.getByRole('list', { name: 'What happened in run run' });
      const bars = events.filter(({ event: { type } }) => type === 'model.responded' || /^tool\.f/.test(type)).length;
      const readSize = () => list.getByRole('listitem').first().getAttribute('aria-setsize');
      await expect.poll(async () => Number(await readSize())).toBeGreaterThanOrEqual(bars);
      await list.getByRole('link').last().click();
      await page.getByRole('heading', { name: 'What the model saw' }).waitFor();
      await page.getByRole('heading', { name: 'What it answered' }).waitFor();
    },
  );

  test('a turn has raw and parsed arguments, issues, and the result beside its value', async () => {
    const host = openSqlite(createFile());
    const script = [
      respond.calls([
        { name: 'pay', arguments: '{"euros": ' },
        { name: 'pay', arguments: { euros: 'many' } },
        { name: 'pay', arguments: { euros: 7 } },
        { name: 'pay', arguments: { euros: -1 } },
      ]),
      respond.text('Done.'),
    ];
    const agent = createAgent('payer', script);
    await agent.run('Pay.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/r/turn/1' });

    const calls = page.getByRole('article', { name: 'Call pay' });
    await expect.poll(() => calls.count()).toBe(4);
    await calls.nth(0).getByRole('region', { name: 'Raw arguments' }).getByText('{"euros": ').waitFor();
    await calls.nth(1).getByText('✗ invalid').waitFor();
    await calls
      .nth(1)
      .getByRole('region', { name: 'Result as the model read it' })
      .getByText('expected number')
      .waitFor();
    await calls.nth(2).getByRole('region', { name: 'Result as the model read it' }).getByText('{"paid":7}').waitFor();
    await calls.nth(2).getByRole('region', { name: 'Value' }).getByText('"paid": 7').waitFor();
    await calls.nth(3).getByText('✗ threw').waitFor();
    const seen = page.getByRole('region', { name: 'What the model saw' });
    await seen.getByText('Be brief.').waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Turn 2 of payer' }).waitFor();
    await seen.getByText('Not less than nothing.').waitFor();
    await page.getByRole('region', { name: 'Response' }).getByText('Done.').waitFor();
  });

  test('E11: the wire shows what entered a request, and that a change of tools breaks the cached prefix', async () => {
    const script = [respond.call('pay', { euros: 5 }), respond.call('pay', { euros: 6 }), respond.text('Paid.')];
    const server = await offlineServer({ script });
    onTestFinished(() => server.close());
    const wireLog = memoryWireLog();
    const other = tool({
      name: 'look',
      description: 'Looks.',
      input: z.object({}),
      execute: () => 'ok',
      when: (_, { turn }) => turn > 2,
    });
    const agent = new Agent({
      name: 'payer',
      model: openai('m', { baseURL: server.baseURL }),
      tools: [pay, other],
      wireLog,
    });
    const host = openSqlite(createFile());
    await agent.run('Pay.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host, agents: [agent], wireLog }, { fragment: '#/run/r/wire' });

    await page.getByText('▲ The cached prefix breaks at tools.look').waitFor();
    await findRow(page, 'Requests', /Turn 2/)
      .getByRole('link')
      .click();
    await page.getByText('✓ The cached prefix holds').waitFor();
    const entered = page.getByRole('region', { name: 'Messages that entered' });
    await entered.getByText('{"euros":5}').waitFor();
    await entered.getByText('{"paid":5}').waitFor();
    await findRow(page, 'Requests', /Turn 1/)
      .getByRole('link')
      .click();
    await page.getByText('This is the first request of its conversation.').waitFor();
    await page.getByRole('tab', { name: 'Request' }).click();
    await page.getByText('As a curl command').click();
    const command = await page.getByRole('region', { name: 'Command' }).textContent();
    expect(command).toContain('authorization: Bearer $OPENAI_API_KEY');
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByText('Copied. It reads the key from $OPENAI_API_KEY.').waitFor();
    expect(await paste(page)).toBe(command);
    await page.getByRole('tab', { name: 'Pieces' }).click();
    await page.getByRole('table', { name: 'Pieces of the response' }).getByText('tool_calls').first().waitFor();
  });

  test('an agent has its tools with both forms of their schemas', async () => {
    const host = openSqlite(createFile());
    const { page } = await open({ host, agents: [createAgent('payer', [])] }, { fragment: '#/agents' });

    await page.getByRole('list', { name: 'Agents' }).getByRole('link', { name: 'payer' }).click();
    const shownTool = page.getByRole('article', { name: 'Tool pay' });
    await shownTool.getByText('non-idempotent').waitFor();
    await shownTool.getByText('may need an approval').waitFor();
    await shownTool.getByRole('region', { name: 'Plain schema' }).first().getByText('"properties"').waitFor();
    await shownTool
      .getByRole('region', { name: 'Strict schema' })
      .first()
      .getByText('"additionalProperties"')
      .waitFor();
  });

  test('E9: a read-only inspector has no button that changes a run', async () => {
    const host = openSqlite(createFile());
    await createAgent('waits', [respond.call('pay', { euros: 90 })])
      .run('Go.', { host, runId: 'r' })
      .outcome();
    const { page } = await open({ host, readOnly: true }, { fragment: '#/run/r' });

    await page.getByText('This inspector is read-only').waitFor();
    const buttons = await page.getByRole('button').allTextContents();
    expect(buttons).toEqual(['Skip to the content', 'Export JSONL']);
    expect(await page.getByRole('link', { name: 'Fork and replay' }).count()).toBe(0);
    await page.keyboard.press('a');
    await goTo(page, '#/inbox');
    await page.getByRole('article', { name: 'Pending call pay' }).waitFor();
    await expectSuspended(host);
  });

  test('E10: an exported run opens in the page of another host, and a damaged one is refused', async () => {
    const host = openSqlite(createFile());
    const agent = createAgent('payer', [respond.call('pay', { euros: 5 }), respond.text('All paid.')]);
    await agent.run('Pay.', { host, runId: 'exported' }).outcome();
    const { page } = await open({ host, agents: [agent] }, { fragment: '#/run/exported' });
    await page.getByText('✓ completed').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export JSONL' }).click();
    const path = await (await download).path();

    const other = await open({ host: openSqlite(createFile()) });
    await other.page.getByLabel('Open a dump').setInputFiles(path);
    await other.page.getByRole('heading', { name: 'Run exported' }).waitFor();
    await other.page.getByText('opened from a file').waitFor();
    await other.page.getByRole('link', { name: /^Call pay/ }).click();
    await other.page.getByRole('region', { name: 'Value' }).getByText('"paid": 5').waitFor();
    await goTo(other.page, '#/runs');
    const damaged = { name: 'damaged.jsonl', mimeType: 'text/plain', buffer: Buffer.from('{"type":"run.sta') };
    await other.page.getByLabel('Open a dump').setInputFiles(damaged);
    await other.page.getByRole('alert').getByText('damaged.jsonl cannot be opened. Line 1 is not JSON').waitFor();
  });
});

async function expectSuspended(host: Host): Promise<void> {
  expect((await host.getRun('r')).status).toBe('suspended');
}
