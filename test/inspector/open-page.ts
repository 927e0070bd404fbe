import { type InspectOptions, type Inspector, inspect } from '@pawl/inspector';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { findChromium } from '../serve/browser/find-chromium.ts';
import { launchBrowser } from '../serve/browser/open-browser.ts';
import { listenUntilEnd } from './start-inspector.ts';

export interface OpenedPage {
  readonly page: Page;
  /** Opens another tab of the same browser, with the session of the first. */
  readonly openTab: (fragment?: string) => Promise<Page>;
  readonly url: string;
}

export interface OpenOptions {
  /** @defaultValue '#/runs' */
  readonly fragment?: string;
  /** Where the inspector listens already. @defaultValue it listens on a free port until the test ends */
  readonly url?: string;
  /** What the console of the browser says that is expected, such as requests that are refused. */
  readonly expectedErrors?: RegExp;
}

export type OpenPage = (options: InspectOptions | Inspector, how?: OpenOptions) => Promise<OpenedPage>;

/** Describes tests in a browser, skipped where there is none. A test fails if a page of it has an error, or asks another origin. */
export function describeInBrowser(name: string, body: (open: OpenPage) => void): void {
  const executable = findChromium(name);
  describe.skipIf(executable === undefined)(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser(executable ?? '');
    });
    afterAll(() => browser.close());
    body((options, how) => openPage(browser, options, how));
  });
}

async function openPage(
  browser: Browser,
  options: InspectOptions | Inspector,
  { fragment = '#/runs', url: given, expectedErrors = /$^/ }: OpenOptions = {},
): Promise<OpenedPage> {
  const inspector = 'fetch' in options ? options : inspect(options);
  const url = given ?? (await listenUntilEnd(inspector));
  const context = await browser.newContext({ acceptDownloads: true });
  context.setDefaultTimeout(20_000);
  const problems: string[] = [];
  onTestFinished(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });
  context.on('page', (page) => {
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !expectedErrors.test(text)) problems.push(text);
    });
    page.on('request', (request) => {
      const asked = new URL(request.url());
      if (asked.protocol !== 'blob:' && asked.origin !== url) problems.push(`asked ${request.url()}`);
    });
  });
  const page = await context.newPage();
  await page.goto(inspector.createUrl(url));
  await page.getByRole('navigation', { name: 'Screens', exact: true }).waitFor();
  await goTo(page, fragment);
  const openTab = async (to = '#/runs'): Promise<Page> => {
    const tab = await context.newPage();
    await tab.goto(`${url}/${to}`);
    return tab;
  };
  return { page, openTab, url };
}

/** Goes to another screen as a link does. */
export async function goTo(page: Page, fragment: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
}
