import { existsSync } from 'node:fs';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';
import { type CassetteRequest, type CassetteResponse, encodeChunk } from './cassette-entry.ts';
import { CassetteFile } from './cassette-file.ts';
import { CassetteError } from './errors.ts';
import { type BodyReader, buildMissResponse, type CassetteFetch, type FetchResponse, playEntry } from './play-entry.ts';
import { findNamedSecrets, Redaction } from './redaction.ts';
import { toWebFetch } from './web-fetch.ts';

/**
 * - `replay`: never reaches a server.
 * - `record`: always reaches the server and starts a new file.
 * - `once`: replays the file, or records it if it does not exist.
 * - `new`: replays the entries that the file has and records the others.
 */
export type CassetteMode = 'replay' | 'record' | 'once' | 'new';

export interface CassetteOptions {
  /** @defaultValue 'once'; always 'replay' if the variable `CI` is set */
  readonly mode?: CassetteMode;
  /** More texts to redact. The API key of a request is always redacted. */
  readonly secrets?: readonly string[];
  /** Fields of the request body that differ between runs: `['user', 'metadata']`. @defaultValue none */
  readonly ignore?: readonly string[];
  /** Sends the requests to record. @defaultValue the platform's `fetch` */
  readonly fetch?: CassetteFetch;
  /** @defaultValue whether the variable `CI` is set */
  readonly ci?: boolean;
}

export interface Cassette {
  /** `openai('gpt-5', { fetch: tape.fetch })` */
  readonly fetch: CassetteFetch;
  /** The same, for libraries that need the platform's `fetch`: `createAnthropic({ fetch: tape.webFetch })`. Its requests are POSTs. */
  readonly webFetch: typeof globalThis.fetch;
  /** @throws CassetteError unless every entry was played. */
  assertDone(): void;
}

/**
 * Records exchanges with a server in a file of JSON lines, and replays them.
 *
 * - The file keeps the chunks as the connection split them, and no request headers. Secrets are redacted before
 *   anything is written.
 * - A request matches an entry if method, path and body are equal; the order of fields does not matter. Equal requests
 *   get their entries in order.
 * - A request without an entry gets status 400, which no retry repeats; the message names the nearest entry.
 *
 * @throws CassetteError if the file is missing in mode `replay`, or is not a cassette.
 */
export function cassette(path: string, given: CassetteOptions = {}): Cassette {
  const options = checkOptions(given, CASSETTE, 'cassette');
  const { ci = isVariableSet(process.env['CI']) } = options;
  const mode = ci ? 'replay' : (options.mode ?? 'once');
  const isThere = existsSync(path);
  const plays = mode === 'replay' || (mode !== 'record' && isThere);
  const records = mode === 'record' || mode === 'new' || (mode === 'once' && !isThere);
  const tape = plays ? CassetteFile.read(path) : CassetteFile.create(path);
  if (!plays) tape.save();
  const send: CassetteFetch = async (url, init) => {
    const address = new URL(url);
    const named = findNamedSecrets(address.search, readJson(init.body) ?? null);
    const secrets = new Redaction([...(options.secrets ?? []), ...findHeaderSecrets(init.headers), ...named]);
    const call = buildRequest(address, init, { secrets, ignore: options.ignore ?? [] });
    const found = plays ? tape.take(call) : undefined;
    if (found !== undefined) return playEntry(found, call);
    if (!records) return buildMissResponse(tape.describeMiss(call));
    const answer = await (options.fetch ?? globalThis.fetch)(url, init);
    return recordResponse(answer, secrets, (response) => tape.add({ type: 'wire', request: call, response }));
  };
  return { assertDone: () => assertDone(tape, path), fetch: send, webFetch: toWebFetch(send) };
}

/** `any`: an error about an option would quote its value, and secrets are never quoted. */
const CASSETTE: OptionTable<CassetteOptions> = {
  keys: {
    mode: { replay: true, record: true, once: true, new: true },
    secrets: 'any',
    ignore: 'texts',
    fetch: 'function',
    ci: 'boolean',
  },
  hints: { isContinuousIntegration: 'The option is "ci".', redact: 'The option is "secrets".' },
};

/** `CI=false` means that this is not CI. */
function isVariableSet(value = ''): boolean {
  return !['', '0', 'false'].includes(value.toLowerCase());
}

function assertDone(tape: CassetteFile, path: string): void {
  if (tape.unplayedCount === 0) return;
  const message = `Cassette "${path}" has ${tape.unplayedCount} unplayed entries. Record it again, or find out why the run sends fewer requests.`;
  throw new CassetteError(message, { code: 'cassette.left' });
}

function buildRequest(
  { pathname, search }: URL,
  { method, body }: { readonly method: string; readonly body: string },
  { secrets, ignore }: { readonly secrets: Redaction; readonly ignore: readonly string[] },
): CassetteRequest {
  const read = secrets.redactJson(readJson(body) ?? body);
  const kept: Json = isObject(read)
    ? Object.fromEntries(Object.entries(read).filter(([name]) => !ignore.includes(name)))
    : read;
  return { method, path: secrets.redactText(pathname) + secrets.redactQuery(search), body: kept };
}

/** Values of the request headers that authenticate. */
function findHeaderSecrets(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => /authorization|key|token|secret|cookie/i.test(name))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, ''), ...findPassword(value)]);
}

/** `Basic` is followed by `name:password` in base64. */
function findPassword(value: string): readonly string[] {
  const [, written = ''] = /^Basic\s+(\S+)$/i.exec(value) ?? [];
  const [, password] = /:(.+)$/s.exec(Buffer.from(written, 'base64').toString('utf8')) ?? [];
  return password === undefined ? [] : [password];
}

/** Headers that describe the response and do not identify the account. */
const RECORDED_HEADERS = [
  'content-type',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-request-id',
  'location',
];

/** Passes the response on and records it once: at its end, at an error, or when the reader cancels. */
function recordResponse(
  given: FetchResponse,
  secrets: Redaction,
  add: (response: CassetteResponse) => void,
): FetchResponse {
  const headers: Record<string, string> = {};
  for (const name of RECORDED_HEADERS) {
    const value = given.headers.get(name);
    if (value !== null) headers[name] = name === 'location' ? redactAddress(value, secrets) : secrets.redactText(value);
  }
  const read: Uint8Array[] = [];
  let isKept = false;
  const keep = (how: Pick<CassetteResponse, 'connectionError'> = {}): void => {
    if (isKept) return;
    isKept = true;
    add({ status: given.status, headers, chunks: secrets.redactChunks(read).map(encodeChunk), ...how });
  };
  const reader = given.body?.getReader();
  if (reader === undefined) keep();
  const taping: BodyReader = {
    async read() {
      try {
        const next = (await reader?.read()) ?? { done: true };
        if (next.value !== undefined) read.push(next.value.slice());
        if (next.done || hasEnded(read.at(-1))) keep();
        return next;
      } catch (error) {
        keep({ connectionError: secrets.redactText(error instanceof Error ? error.message : String(error)) });
        throw error;
      }
    },
    // A reader that cancels has read all that it needs.
    async cancel(reason) {
      keep();
      await reader?.cancel(reason);
    },
  };
  return {
    status: given.status,
    headers: given.headers,
    body: reader === undefined ? null : { getReader: () => taping },
  };
}

function redactAddress(value: string, secrets: Redaction): string {
  const at = value.indexOf('?');
  return at < 0
    ? secrets.redactText(value)
    : secrets.redactText(value.slice(0, at)) + secrets.redactQuery(value.slice(at));
}

/** A server may keep the connection open after the last event, and the reader may not read on. */
function hasEnded(chunk: Uint8Array | undefined): boolean {
  const bytes = Buffer.from(chunk ?? []);
  return LAST_EVENTS.some((text) => bytes.includes(text));
}

/** Of Chat Completions, and of Anthropic's Messages. */
const LAST_EVENTS = ['data: [DONE]', 'event: message_stop'];
