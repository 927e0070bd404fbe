import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { describeInTabs, openBrowserShop, openShopProcess } from './browser/open-browser.ts';

describeInTabs('useChat in Chromium', (openTab) =>
  describe.each([7, 6] as const)('of ai %i', (sdk) => {
    test('shows an answer while it is written, and takes back what was discarded', async () => {
      const gate = Promise.withResolvers<void>();
      const script = [
        respond.cut(respond.text('Half of it.'), { afterChunks: 2 }),
        respond.stall(respond.text('A whole answer.'), { afterChunks: 2, until: gate.promise }),
      ];
      const shop = await openBrowserShop({ openTab, sdk, script });
      const tab = await shop.open();

      await tab.send('Hello.');
      // ai 6 cannot remove a text: the page shows the discarded one above.
      const before = sdk === 6 ? 'Half of ' : '';
      await tab.expectMessages(['user: Hello.', `assistant: ${before}A whole`]);
      await tab.expectStatus('streaming');
      gate.resolve();

      await tab.expectMessages(['user: Hello.', `assistant: ${before}A whole answer.`]);
      await tab.expectStatus('ready');
      await tab.reload();
      await tab.expectMessages(['user: Hello.', 'assistant: A whole answer.']);
    });

    test('runs a call that is approved, and not one that is denied', async () => {
      const script = [
        respond.call('refund', { order: '7' }),
        respond.text('Paid.'),
        respond.call('refund', { order: '8' }),
        respond.text('Not paid.'),
      ];
      const shop = await openBrowserShop({ openTab, sdk, script });
      const tab = await shop.open();

      await tab.send('Refund 7.');
      await tab.expectMessages(['user: Refund 7.', 'assistant: [refund approval-requested]ApproveDeny']);
      await tab.click('Approve');
      await tab.expectMessages(['user: Refund 7.', 'assistant: [refund output-available] Paid.']);
      await tab.send('Refund 8.');
      await tab.click('Deny');

      const messages = [
        'user: Refund 7.',
        'assistant: [refund output-available] Paid.',
        'user: Refund 8.',
        'assistant: [refund output-denied] Not paid.',
      ];
      await tab.expectMessages(messages);
      await tab.reload();
      await tab.expectMessages(messages);
      expect(shop.readLedger()).toEqual(['7']);
    });

    test('a tab that is reloaded in the middle, and one that is opened then, show the whole answer', async () => {
      const gate = Promise.withResolvers<void>();
      const script = [respond.stall(respond.text('One two three.'), { afterChunks: 2, until: gate.promise })];
      const shop = await openBrowserShop({ openTab, sdk, script });
      const tab = await shop.open();
      await tab.send('Count.');
      await tab.expectMessages(['user: Count.', 'assistant: One two']);

      await tab.reload();
      const second = await shop.open();
      await tab.expectMessages(['user: Count.', 'assistant: One two']);
      await second.expectMessages(['user: Count.', 'assistant: One two']);
      gate.resolve();

      for (const each of [tab, second]) {
        await each.expectMessages(['user: Count.', 'assistant: One two three.']);
        await each.expectStatus('ready');
      }
      expect(shop.requestCount()).toBe(1);
    });

    test('a call that one tab approves is done in the other, which approves it, too', async () => {
      const shop = await openBrowserShop({
        openTab,
        sdk,
        script: [respond.call('refund', { order: '7' }), respond.text('Paid.')],
      });
      const tab = await shop.open();
      await tab.send('Refund 7.');
      await tab.expectMessages(['user: Refund 7.', 'assistant: [refund approval-requested]ApproveDeny']);
      const second = await shop.open();
      await second.expectMessages(['user: Refund 7.', 'assistant: [refund approval-requested]ApproveDeny']);

      await tab.click('Approve');
      await tab.expectMessages(['user: Refund 7.', 'assistant: [refund output-available] Paid.']);
      await second.click('Approve');
      await second.expectMessages(['user: Refund 7.', 'assistant: [refund output-available] Paid.']);

      expect(shop.readLedger()).toEqual(['7']);
    });

    test('stops a run', async () => {
      const script = [respond.stall(respond.text('One two three.'), { afterChunks: 2 }), respond.text('Next.')];
      const shop = await openBrowserShop({ openTab, sdk, script });
      const tab = await shop.open();
      await tab.send('Count.');
      await tab.expectMessages(['user: Count.', 'assistant: One two']);

      await tab.click('Stop');
      await tab.expectStatus('ready');
      await tab.expectMessages(['user: Count.', 'assistant: One two']);
      await tab.send('Go on.');
      await tab.expectMessages(['user: Count.', 'assistant: One two', 'user: Go on.', 'assistant: Next.']);

      // The model does not see the text of a stopped answer.
      await tab.reload();
      await tab.expectMessages(['user: Count.', 'user: Go on.', 'assistant: Next.']);
    });

    test('a chat survives a server that is killed and started again', async () => {
      const script = [
        respond.stall(respond.text('Never a whole answer.'), { afterChunks: 2 }),
        respond.call('refund', { order: '7' }),
        respond.text('Paid.'),
      ];
      const shop = await openShopProcess({ openTab, sdk, script });
      const tab = await shop.open();
      await tab.send('Refund 7.');
      await tab.expectMessages(['user: Refund 7.', 'assistant: Never a']);

      await shop.kill();
      await tab.expectStatus('error');
      await shop.start();
      await tab.reload();
      await tab.expectMessages(['user: Refund 7.', 'assistant: [refund approval-requested]ApproveDeny']);
      await shop.kill();
      await shop.start();
      await tab.reload();
      // `useChat` does not send an approval that is given while it resumes.
      await tab.expectStatus('ready');
      await tab.click('Approve');

      await tab.expectMessages(['user: Refund 7.', 'assistant: [refund output-available] Paid.']);
      expect(shop.readLedger()).toEqual(['7']);
    });
  }),
);
