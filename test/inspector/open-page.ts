import { type InspectOptions, type Inspector, inspect } from '@pawl/inspector';
import type { ConsoleMessage, Page, Request } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { describeInTabs, type OpenTab } from '../serve/browser/open-browser.ts';
import { listenUntilEnd } from './start-inspector.ts';

export interface OpenedPage {
  readonly page: Page;
  /** Opens another tab of the same window, with the session of the first. What is behind it draws slowly: see `bringToFront`. */
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
  describeInTabs(name, (openTab) => body((options, how) => openPage(openTab, options, how)));
}

async function openPage(
  openBlankTab: OpenTab,
  options: InspectOptions | Inspector,
  { fragment = '#/runs', url: given, expectedErrors = /$^/ }: OpenOptions = {},
): Promise<OpenedPage> {
  const inspector = 'fetch' in options ? options : inspect(options);
  const url = given ?? (await listenUntilEnd(inspector));
  const page = await openBlankTab();
  watch(page, { origin: url, expectedErrors });
  await page.goto(inspector.createUrl(url));
  await page.getByRole('navigation', { name: 'Screens', exact: true }).waitFor();
  await goTo(page, fragment);
  const openTab = async (to = '#/runs'): Promise<Page> => {
    const tab = await page.context().newPage();
    onTestFinished(() => tab.close());
    watch(tab, { origin: url, expectedErrors });
    await tab.goto(`${url}/${to}`);
    return tab;
  };
  return { page, openTab, url };
}

/** Fails the test, when it ends, for what is wrong in a tab. */
function watch(
  tab: Page,
  { origin, expectedErrors }: { readonly origin: string; readonly expectedErrors: RegExp },
): void {
  const problems: string[] = [];
  const onError = (error: Error): unknown => problems.push(String(error));
  const onConsole = (message: ConsoleMessage): void => {
    const text = message.text();
    if (message.type() === 'error' && !expectedErrors.test(text)) problems.push(text);
  };
  const onRequest = (request: Request): void => {
    const asked = new URL(request.url());
    if (asked.protocol !== 'blob:' && asked.origin !== origin) problems.push(`asked ${request.url()}`);
  };
  tab.on('pageerror', onError).on('console', onConsole).on('request', onRequest);
  onTestFinished(() => {
    tab.off('pageerror', onError).off('console', onConsole).off('request', onRequest);
    expect(problems).toEqual([]);
  });
}

/** Goes to another screen as a link does. */
export async function goTo(page: Page, fragment: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
}
