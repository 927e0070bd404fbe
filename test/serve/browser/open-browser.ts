import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { offlineServer, type ScriptedResponse } from '@pawl/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { createFolder } from '../../folder.ts';
import { KillableProgram } from '../../killable-program.ts';
import { bundlePage } from './bundle-page.ts';
import { findChromium } from './find-chromium.ts';
import { startShop } from './start-shop.ts';

/** Starts the browser. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  // A container's root has no sandbox, and little shared memory.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}

/** Opens a blank tab in a window of its own, which the test has until it ends. */
export type OpenTab = () => Promise<Page>;

/** Describes tests in one browser, skipped where there is none. Its windows are used again by the next test: making one takes longer than most tests. */
export function describeInTabs(name: string, body: (openTab: OpenTab) => void): void {
  const executable = findChromium(name);
  describe.skipIf(executable === undefined)(name, () => {
    let browser: Browser;
    const free: Page[] = [];
    beforeAll(async () => {
      browser = await launchBrowser(executable ?? '');
    });
    afterAll(() => browser.close());
    body(async () => {
      const page = free.pop() ?? (await (await browser.newContext()).newPage());
      page.setDefaultTimeout(20_000);
      onTestFinished(async () => {
        await page.goto('about:blank');
        free.push(page);
      });
      return page;
    });
  });
}

/** A server with a page in front of it. */
export interface BrowserShop {
  /** Opens a tab with the chat. */
  readonly open: () => Promise<ChatTab>;
  /** The orders that were paid back. */
  readonly readLedger: () => readonly string[];
  readonly requestCount: () => number;
}

/** A shop in a process of its own. */
export interface ShopProcess extends BrowserShop {
  /** Kills the process by SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again at the same port. */
  readonly start: () => Promise<void>;
}

export interface ShopOptions {
  readonly openTab: OpenTab;
  readonly sdk: 6 | 7;
  readonly script: readonly ScriptedResponse[];
}

/** Opens a shop whose model follows the script. */
export async function openBrowserShop(options: ShopOptions): Promise<BrowserShop> {
  const { shop, place } = await prepareShop(options);
  const { port, close } = await startShop({ ...place, port: 0 });
  onTestFinished(close);
  return shop(() => String(port));
}

/** Opens a shop that can be killed. */
export async function openShopProcess(options: ShopOptions): Promise<ShopProcess> {
  const { shop, place } = await prepareShop(options);
  const { database, baseURL, sdk, page, ledger } = place;
  const program = new KillableProgram(join(import.meta.dirname, 'shop.ts'));
  let port = '0';
  const start = async (): Promise<void> => {
    port = await program.start([database, baseURL, port, String(sdk), page, ledger]);
  };
  await start();
  return { ...shop(() => port), kill: () => program.kill(), start };
}

async function prepareShop({ openTab, sdk, script }: ShopOptions) {
  const folder = createFolder();
  const model = await offlineServer({ script: [...script] });
  onTestFinished(() => model.close());
  const [page, ledger] = [join(folder, 'page.js'), join(folder, 'ledger')];
  writeFileSync(page, await bundlePage(sdk));
  writeFileSync(ledger, '');
  const shop = (readPort: () => string): BrowserShop => ({
    readLedger: () =>
      readFileSync(ledger, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    requestCount: () => model.requests.length,
    open: async () => {
      const tab = await openTab();
      await tab.goto(`http://127.0.0.1:${readPort()}/?chat=chat`);
      return new ChatTab(tab);
    },
  });
  return { shop, place: { database: join(folder, 'shop.db'), baseURL: model.baseURL, sdk, page, ledger } };
}

/** What a person sees and does in a tab. */
export class ChatTab {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async send(text: string): Promise<void> {
    await this.#page.fill('input[name=text]', text);
    await this.click('Send');
  }

  async click(button: 'Send' | 'Stop' | 'Approve' | 'Deny'): Promise<void> {
    await this.#page.click(`button:text-is("${button}")`);
  }

  /** Reloads the tab, until its server has begun to say what the chat's run does. */
  async reload(): Promise<void> {
    const resumed = this.#page.waitForResponse((response) => response.url().endsWith('/stream'));
    await this.#page.reload();
    await resumed;
  }

  /** Waits until the tab shows exactly these messages. */
  async expectMessages(messages: readonly string[]): Promise<void> {
    await expect.poll(() => this.readMessages()).toEqual(messages);
  }

  async readMessages(): Promise<readonly string[]> {
    const items = await this.#page.locator('li').all();
    return Promise.all(items.map(async (item) => ((await item.textContent()) ?? '').replaceAll(/\s+/g, ' ').trim()));
  }

  async expectStatus(status: 'ready' | 'streaming' | 'submitted' | 'error'): Promise<void> {
    await expect.poll(() => this.#page.getAttribute('main', 'data-status')).toBe(status);
  }
}
