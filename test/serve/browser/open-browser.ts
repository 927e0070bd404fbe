import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { offlineServer, type ScriptedResponse } from '@pawl/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { createFolder } from '../../folder.ts';
import { bundlePage } from './bundle-page.ts';

/** Starts the browser. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  // A container's root has no sandbox, and little shared memory.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}

/** A server in a process of its own, with a page in front of it. */
export interface BrowserShop {
  /** Opens a tab with the chat. */
  readonly open: () => Promise<ChatTab>;
  /** Kills the process by SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again at the same port. */
  readonly start: () => Promise<void>;
  /** The orders that were paid back. */
  readonly readLedger: () => readonly string[];
  readonly requestCount: () => number;
}

export interface ShopOptions {
  readonly browser: Browser;
  readonly sdk: 6 | 7;
  readonly script: readonly ScriptedResponse[];
}

/** Opens a shop whose model follows the script. */
export async function openBrowserShop({ browser, sdk, script }: ShopOptions): Promise<BrowserShop> {
  const folder = createFolder();
  const model = await offlineServer({ script: [...script] });
  const [pagePath, ledger] = [join(folder, 'page.js'), join(folder, 'ledger')];
  writeFileSync(pagePath, await bundlePage(sdk));
  writeFileSync(ledger, '');
  let port = '0';
  let server: ReturnType<typeof spawn> | undefined;
  const start = async (): Promise<void> => {
    const program = [join(import.meta.dirname, 'shop.ts'), join(folder, 'shop.db'), model.baseURL, port];
    server = spawn(process.execPath, [...program, String(sdk), pagePath, ledger], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (server.stdout === null) throw new Error('The server has no output.');
    const [line] = await once(createInterface(server.stdout), 'line');
    port = String(line);
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  onTestFinished(async () => {
    await kill();
    await model.close();
  });
  await start();
  return {
    kill,
    start,
    readLedger: () =>
      readFileSync(ledger, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    requestCount: () => model.requests.length,
    open: async () => {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/?chat=chat`);
      return new ChatTab(page);
    },
  };
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

  async reload(): Promise<void> {
    await this.#page.reload();
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
