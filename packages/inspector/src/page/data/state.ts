import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Session } from '../../api.ts';
import { formatRoute, parseRoute, type Route } from '../view/route.ts';
import { openSession, RequestError, readSession, toMessage } from './server.ts';

/** Why there is nothing to show. */
export interface SessionProblem {
  readonly status: number;
  readonly message: string;
}

const currentRoute = signal<Route>(parseRoute(''));
export const session: Signal<Session | undefined> = signal(undefined);
export const sessionProblem: Signal<SessionProblem | undefined> = signal(undefined);
/** Whether the last request reached the server. */
export const isConnected: Signal<boolean> = signal(true);
/** The time, each second while the page is visible. */
export const now: Signal<number> = signal(Date.now());
export const route: ReadonlySignal<Route> = currentRoute;

/** What an action that somebody asked for has come to. Shown until the next one. */
export const actionResult: Signal<{ readonly kind: 'done' | 'failed'; readonly text: string } | undefined> =
  signal(undefined);

/** Goes to another screen. The address has it, so that the browser's history has it, too. */
export function openRoute(to: Route): void {
  location.hash = formatRoute(to);
}

/** Replaces the address without an entry in the browser's history: for each letter of a filter. */
export function replaceRoute(to: Route): void {
  history.replaceState(null, '', formatRoute(to));
  currentRoute.value = to;
}

/** Carries out an action, and shows how it ended. Resolves `undefined` if it failed. */
export async function attempt<Result>(text: string, action: () => Promise<Result>): Promise<Result | undefined> {
  actionResult.value = undefined;
  try {
    const result = await action();
    actionResult.value = { kind: 'done', text };
    return result;
  } catch (error) {
    actionResult.value = { kind: 'failed', text: toMessage(error) };
    return undefined;
  }
}

/** Follows the address, the time and the visibility of the page, and opens the session. */
export async function startState(): Promise<void> {
  const token = takeToken(location.pathname + location.search);
  addEventListener('hashchange', () => {
    // The address of an inspector that began again, in the same tab: the page shows again what it has shown.
    const given = takeToken(formatRoute(currentRoute.peek()));
    if (given !== undefined) return void connect(given);
    actionResult.value = undefined;
    currentRoute.value = parseRoute(location.hash);
  });
  currentRoute.value = parseRoute(location.hash);
  setInterval(() => {
    if (document.visibilityState === 'visible') now.value = Date.now();
  }, 1_000);
  await connect(token);
}

/** Returns the token of the address, and replaces it there at once: it must not be in the history, nor in what is copied from the address bar. */
function takeToken(address: string): string | undefined {
  const token = TOKEN.exec(location.hash)?.[1];
  if (token !== undefined) history.replaceState(null, '', address);
  return token;
}

/** 256 bits as base64url or hexadecimal digits. */
const TOKEN = /^#(?:token=)?([\w-]{43}|[\da-f]{64})$/;

async function connect(token: string | undefined): Promise<void> {
  try {
    if (token !== undefined) await openSession(token);
    session.value = await readSession();
    sessionProblem.value = undefined;
  } catch (error) {
    const status = error instanceof RequestError ? error.status : 0;
    sessionProblem.value = { status, message: toMessage(error) };
  }
}

/** Asks again for the session, after the server was away. */
export async function openAgain(): Promise<void> {
  await connect(undefined);
}

/** Calls a function now and each second while the page is visible. Returns the function that ends it. */
export function pollWhileVisible(poll: () => Promise<void>): () => void {
  let isOver = false;
  let isBusy = false;
  const run = async (): Promise<void> => {
    if (isOver || isBusy || document.visibilityState !== 'visible') return;
    isBusy = true;
    try {
      await poll();
      if (!isOver) isConnected.value = true;
    } catch (error) {
      if (!isOver) reportPoll(error);
    }
    isBusy = false;
  };
  const timer = setInterval(run, 1_000);
  document.addEventListener('visibilitychange', run);
  void run();
  return () => {
    isOver = true;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', run);
  };
}

function reportPoll(error: unknown): void {
  const status = error instanceof RequestError ? error.status : 0;
  if (status === 401) sessionProblem.value = { status, message: toMessage(error) };
  isConnected.value = status !== 0;
}
