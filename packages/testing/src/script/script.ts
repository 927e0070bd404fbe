import { ConfigError, type ModelContext } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { type Difference, findDifferences, formatDifferences } from '../base/find-differences.ts';
import { ScriptError } from './errors.ts';

/** Gets a request and returns the response. A scripted model also passes its context; a server passes none. */
export type ScriptFunction<R> = (request: ChatRequest, context: Partial<ModelContext>) => R | Promise<R>;

/**
 * Expected fields of a request; other fields may have any value. Texts may be regular expressions; asymmetric matchers
 * such as `expect.any(…)` are accepted.
 */
export type ExpectedRequest = { readonly [Field in keyof ChatRequest]?: unknown };

/** A response with an expectation about its request. Created by `respond.expecting`. */
export interface ExpectingResponse<R> {
  readonly type: 'expecting';
  readonly expected: ExpectedRequest;
  readonly response: R;
}

/** Responses in order, one per request; or one function for all requests. */
export type ScriptEntries<R> = readonly (R | ExpectingResponse<R> | ScriptFunction<R>)[] | ScriptFunction<R>;

/** A script and the number of its used entries. */
export class Script<R extends { readonly type: string }> {
  readonly #entries: ScriptEntries<R>;
  #requestCount = 0;

  constructor(entries: ScriptEntries<R>) {
    checkEntries(entries);
    this.#entries = entries;
  }

  /** @throws ScriptError if every entry is used, or if the request is not as expected. */
  async takeNext(request: ChatRequest, context: Partial<ModelContext> = {}): Promise<R> {
    const at = this.#requestCount++;
    const entry = typeof this.#entries === 'function' ? this.#entries : this.#entries[at];
    if (entry === undefined) throw createExhaustedError(this.#entries.length, at + 1);
    if (typeof entry === 'function') return await entry(request, context);
    if (!isExpecting(entry)) return entry;
    const found = findDifferences(entry.expected, request, { compare: 'part' });
    if (found.length > 0) throw createMismatchError(found, at + 1);
    return entry.response;
  }

  /** @throws ScriptError unless every entry was used. A function is always done. */
  assertDone(): void {
    if (typeof this.#entries === 'function' || this.#requestCount >= this.#entries.length) return;
    const left = this.#entries
      .slice(this.#requestCount)
      .map((entry) => (typeof entry === 'function' ? 'function' : entry.type));
    throw new ScriptError(
      `The script has ${left.length} of ${this.#entries.length} responses left: ${left.join(', ')}. Remove them, or find out why the run sends fewer requests.`,
      { code: 'script.unused' },
    );
  }
}

function checkEntries(entries: unknown): void {
  if (typeof entries === 'function') return;
  const fix = "Pass responses, such as [respond.text('Hello.')], or one function for all requests.";
  if (!Array.isArray(entries))
    throw new ConfigError(`The script is ${entries === null ? 'null' : `a ${typeof entries}`}. ${fix}`);
  const wrong = entries.findIndex((entry: unknown) => {
    return typeof entry !== 'function' && !(typeof entry === 'object' && entry !== null && 'type' in entry);
  });
  if (wrong === -1) return;
  throw new ConfigError(
    `Entry ${wrong + 1} of the script is not a response: ${JSON.stringify(entries[wrong])}. ${fix}`,
  );
}

function isExpecting<R extends { readonly type: string }>(
  entry: R | ExpectingResponse<R>,
): entry is ExpectingResponse<R> {
  return entry.type === 'expecting';
}

function createMismatchError(found: readonly Difference[], request: number): ScriptError {
  return new ScriptError(
    `The script does not match: request ${request} differs from the one that response ${request} expects.\n${formatDifferences(found)}\nChange what \`respond.expecting\` expects, or find out why the agent sends another request.`,
    { code: 'script.unexpected' },
  );
}

function createExhaustedError(length: number, request: number): ScriptError {
  return new ScriptError(
    `The script is exhausted: it has ${length} ${length === 1 ? 'response' : 'responses'}, and this is request ${request}. Add a response, or find out why the run sends another request.`,
    { code: 'script.exhausted' },
  );
}
