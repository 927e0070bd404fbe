import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { describeInBrowser, goTo } from './open-page.ts';

const HOSTILE = {
  image: '<img src=x onerror="document.title=\'attacked\'">',
  script: '</script><script>document.title="attacked"</script>',
  link: '[click](javascript:alert(1)) https://evil.example/?q=1',
  override: 'invoice \u202Efdp.exe',
  escape: '\u001b[2J\u001b]0;attacked\u0007',
  half: 'half \ud83d of a pair',
  zero: 'pay\u200bpal',
};
const TEXT = Object.values(HOSTILE).join('\n');

describeInBrowser('hostile texts in the inspector in Chromium', (open) => {
  test('E3: texts of models, tools and users are only ever text, and invisible characters are shown as escapes', async () => {
    const pay = tool({
      name: 'pay',
      description: TEXT,
      input: z.object({ note: z.string() }).loose(),
      needsApproval: true,
      preview: () => TEXT,
      execute: () => TEXT,
    });
    const input = '{"note":"<img src=x onerror=alert(1)>","__proto__":{"polluted":true},"constructor":1}';
    const script = [respond.calls([{ name: 'pay', arguments: input }], { text: TEXT }), respond.text(TEXT)];
    const agent = new Agent({
      name: 'a"<b>',
      model: scriptedModel(script),
      instructions: TEXT,
      tools: [pay],
    });
    const host = openSqlite(createFile());
    const runId = 'r"><b>';
    await agent.run(TEXT, { host, runId, metadata: { note: TEXT } }).outcome();
    const { page } = await open({ host, agents: [agent] });

    await page.getByRole('list', { name: 'Runs' }).getByRole('link').waitFor();
    await expectHarmless(page);
    await goTo(page, '#/inbox');
    await page.getByRole('region', { name: 'Preview' }).first().getByText('invoice \\u202efdp.exe').waitFor();
    await page.getByRole('region', { name: 'Exact arguments' }).getByText('"constructor"').waitFor();
    await expectHarmless(page);
    await page.keyboard.press('a');
    await page.getByText('Nothing waits for an answer.').waitFor();
    await goTo(page, `#/run/${encodeURIComponent(runId)}/turn/2`);
    const seen = page.getByRole('region', { name: 'What the model saw' });
    for (const shown of ['\\u001b[2J', 'half \\ud83d of a pair', 'pay\\u200bpal', HOSTILE.script]) {
      await seen.getByText(shown).first().waitFor();
    }
    await expectHarmless(page);
    await goTo(page, `#/agent/${encodeURIComponent('a"<b>')}`);
    await page.getByRole('article', { name: 'Tool pay' }).waitFor();
    await expectHarmless(page);
  });

  test('E4: a line of a megabyte is shown in part, and whole on request', async () => {
    const line = 'x'.repeat(1 << 20);
    const agent = new Agent({ name: 'long', model: scriptedModel([respond.text(line)]) });
    const host = openSqlite(createFile());
    await agent.run('Go.', { host, runId: 'r' }).outcome();
    const { page } = await open({ host }, { fragment: '#/run/r/turn/1' });

    const answer = page.getByRole('region', { name: 'Response' }).getByRole('region', { name: 'Text of the message' });
    await answer.getByRole('button', { name: 'Show all 1.0 MiB' }).waitFor();
    expect((await answer.textContent())?.length).toBeLessThan(10_000);
    await answer.getByRole('button', { name: 'Show all 1.0 MiB' }).click();
    await expect.poll(async () => (await answer.textContent())?.length).toBe(line.length);
  });
});

/** No element came from a text, no script of one ran, and no prototype was changed. */
async function expectHarmless(page: Page): Promise<void> {
  expect(
    await page.locator('img, iframe, object, script:not([src]), b, a[href^="javascript"], a[href*="evil"]').count(),
  ).toBe(0);
  expect(await page.title()).not.toContain('attacked');
  expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
  expect(await page.locator('body').textContent()).not.toMatch(/(?!\s)[\p{Cc}\p{Cf}\p{Cs}]/u);
}
