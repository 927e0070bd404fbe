import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { KillableProgram } from '../killable-program.ts';
import { findChromium } from './browser/find-chromium.ts';
import { launchBrowser } from './browser/open-browser.ts';

const executable = findChromium('the pages of the demo');
const program = join(import.meta.dirname, '..', '..', 'examples', 'support-desk', 'server.ts');

test.skipIf(executable === undefined)(
  'the pages of the demo: a refund waits, is approved in the inbox, and reaches the customer',
  async () => {
    const folder = createFolder();
    const line = await new KillableProgram(program).start([folder, '0']);
    const browser = await launchBrowser(executable ?? '');
    onTestFinished(() => browser.close());
    const url = /http:\/\/[^/]+/.exec(line)?.[0] ?? '';
    const [customer, inbox] = [await browser.newPage(), await browser.newPage()];
    const readChat = async (): Promise<string> => (await customer.locator('#messages').textContent()) ?? '';
    await customer.goto(`${url}/?as=ada`);
    await inbox.goto(`${url}/inbox`);

    await customer.fill('input[name=text]', 'Order 7 arrived broken, I want my money back.');
    await customer.click('button:text-is("Send")');
    await expect.poll(readChat).toContain('refund: waits for the team lead');
    await expect.poll(() => inbox.locator('#pending').textContent()).toContain('90 EUR for order 7');
    await customer.reload();
    await expect.poll(readChat).toContain('refund: waits for the team lead');
    await inbox.click('button:text-is("Approve")');

    await expect.poll(readChat).toContain('Your 90 EUR are on their way.');
    await expect.poll(() => inbox.locator('#ledger').textContent()).toContain('"order":"7"');
    expect(readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
  },
);
