import { existsSync } from 'node:fs';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';
import { CassetteError } from './errors.ts';
import { type Answer, type CassetteFetch, missed, played, type Reader } from './playing.ts';
import { chunkOf, type RecordedCall, type RecordedResponse } from './recording.ts';
import { namedSecrets, Redaction } from './redact.ts';
import { Tape } from './tape.ts';

/**
 * `replay`: never reaches a server. `record`: always does, and begins the file anew. `once`: plays the file, or records it where there
 * is none. `new`: plays what it has, and records what it has not.
 */
export type CassetteMode = 'replay' | 'record' | 'once' | 'new';

export interface CassetteOptions {
  /** @defaultValue 'once'; 'replay' where the variable `CI` is set, whatever is given here */
  readonly mode?: CassetteMode;
  /** Further texts that must not be written: the key that a request carries is never. */
  readonly secrets?: readonly string[];
  /** Fields of the request that differ from run to run: `['user', 'metadata']`. @defaultValue none */
  readonly ignore?: readonly string[];
  /** What reaches the server. @defaultValue the platform's */
  readonly fetch?: CassetteFetch;
  /** @defaultValue whether the variable `CI` is set */
  readonly ci?: boolean;
}

export interface Cassette {
  /** `openai('gpt-5', { fetch: tape.fetch })` */
  readonly fetch: CassetteFetch;
  /** @throws CassetteError unless every recording was played. */
  assertDone(): void;
}

/**
 * A file of exchanges with a server, as JSON lines that can be read and reviewed. Chunks are kept as the connection cut them. No header of a
 * request is written; keys are covered in everything that is. A request is looked up by its method, path and body, whatever the order of its fields; the
 * same request is answered by its recordings in turn.
 *
 * A request that a cassette has no recording of is answered with status 400, which no retry repeats, naming the nearest one.
 *
 * @throws CassetteError for a file that is not there and has to be, or is no cassette.
 */
export function cassette(path: string, given: CassetteOptions = {}): Cassette {
  const options = checkOptions(given, CASSETTE, 'cassette');
  const { ci = isVariableSet(process.env['CI']) } = options;
  const mode = ci ? 'replay' : (options.mode ?? 'once');
  const isThere = existsSync(path);
  const plays = mode === 'replay' || (mode !== 'record' && isThere);
  const records = mode === 'record' || mode === 'new' || (mode === 'once' && !isThere);
  const tape = plays ? Tape.read(path) : Tape.empty(path);
  if (!plays) tape.save();
  return {
    assertDone: () => assertDone(tape, path),
    async fetch(url, init) {
      const address = new URL(url);
      const named = namedSecrets(address.search, readJson(init.body) ?? null);
      const secrets = new Redaction([...(options.secrets ?? []), ...keysOf(init.headers), ...named]);
      const call = callOf(address, init, { secrets, ignore: options.ignore ?? [] });
      const found = plays ? tape.take(call) : undefined;
      if (found !== undefined) return played(found, call);
      if (!records) return missed(tape.miss(call));
      const answer = await (options.fetch ?? globalThis.fetch)(url, init);
      return recorded(answer, secrets, (response) => tape.add({ type: 'wire', request: call, response }));
    },
  };
}

/** Secrets are quoted by nobody. */
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

/** `CI=false` says that it is not. */
function isVariableSet(value = ''): boolean {
  return !['', '0', 'false'].includes(value.toLowerCase());
}

function assertDone(tape: Tape, path: string): void {
  if (tape.left === 0) return;
  const message = `Cassette "${path}" has ${tape.left} recordings that were not played. Record it again, or find out why the run asks less.`;
  throw new CassetteError(message, { code: 'cassette.left' });
}

function callOf(
  { pathname, search }: URL,
  { method, body }: { readonly method: string; readonly body: string },
  { secrets, ignore }: { readonly secrets: Redaction; readonly ignore: readonly string[] },
): RecordedCall {
  const read = secrets.json(readJson(body) ?? body);
  const kept: Json = isObject(read)
    ? Object.fromEntries(Object.entries(read).filter(([name]) => !ignore.includes(name)))
    : read;
  return { method, path: secrets.text(pathname) + secrets.query(search), body: kept };
}

/** Whatever a request proves itself by. */
function keysOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => /authorization|key|token|secret|cookie/i.test(name))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, ''), ...passwordIn(value)]);
}

/** `Basic` is followed by a name and a password, which are only written another way. */
function passwordIn(value: string): readonly string[] {
  const [, written = ''] = /^Basic\s+(\S+)$/i.exec(value) ?? [];
  const [, password] = /:(.+)$/s.exec(Buffer.from(written, 'base64').toString('utf8')) ?? [];
  return password === undefined ? [] : [password];
}

/** The headers that say something about the answer, and nothing about the account. */
const KEPT = ['content-type', 'retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id', 'location'];

/** The answer as it comes. It is on the tape once: when it has come to its end, whoever still reads on. */
function recorded(given: Answer, secrets: Redaction, add: (response: RecordedResponse) => void): Answer {
  const headers: Record<string, string> = {};
  for (const name of KEPT) {
    const value = given.headers.get(name);
    if (value !== null) headers[name] = name === 'location' ? addressIn(value, secrets) : secrets.text(value);
  }
  const read: Uint8Array[] = [];
  let isKept = false;
  const keep = (how: Pick<RecordedResponse, 'brokenOff'> = {}): void => {
    if (isKept) return;
    isKept = true;
    add({ status: given.status, headers, chunks: secrets.chunks(read).map(chunkOf), ...how });
  };
  const reader = given.body?.getReader();
  if (reader === undefined) keep();
  const taping: Reader = {
    async read() {
      try {
        const next = (await reader?.read()) ?? { done: true };
        if (next.value !== undefined) read.push(next.value.slice());
        if (next.done || hasEnded(read.at(-1))) keep();
        return next;
      } catch (error) {
        keep({ brokenOff: secrets.text(error instanceof Error ? error.message : String(error)) });
        throw error;
      }
    },
    // Whoever has read enough has read an answer.
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

function addressIn(value: string, secrets: Redaction): string {
  const at = value.indexOf('?');
  return at < 0 ? secrets.text(value) : secrets.text(value.slice(0, at)) + secrets.query(value.slice(at));
}

/** A stream says that it is over, and may stay open: nobody has to read on. */
function hasEnded(chunk: Uint8Array | undefined): boolean {
  return Buffer.from(chunk ?? []).includes('data: [DONE]');
}
