import { ConfigError, type ModelContext } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { type Difference, differences, told } from '../base/differences.ts';
import { ScriptError } from './errors.ts';

/** Looks at a request, then says what to answer. Of a scripted model it is told the surroundings, too; of a server there are none. */
export type ScriptFunction<R> = (request: ChatRequest, context: Partial<ModelContext>) => R | Promise<R>;

/** What a request is expected to have; fields that are not named may be anything. A regular expression stands for a text, `expect.any(…)` for what it takes. */
export type ExpectedRequest = { readonly [Field in keyof ChatRequest]?: unknown };

/** A reply to a request that has to be like this. Made by `respond.expecting`. */
export interface ExpectingResponse<R> {
  readonly type: 'expecting';
  readonly expected: ExpectedRequest;
  readonly reply: R;
}

/** Replies in order, one for each request; or one function for all requests. */
export type ScriptEntries<R> = readonly (R | ExpectingResponse<R> | ScriptFunction<R>)[] | ScriptFunction<R>;

/** Where a script has got to. */
export class Script<R extends { readonly type: string }> {
  readonly #entries: ScriptEntries<R>;
  #asked = 0;

  constructor(entries: ScriptEntries<R>) {
    checkEntries(entries);
    this.#entries = entries;
  }

  /** @throws ScriptError when every entry was used, or the request is not the one that was expected. */
  async next(request: ChatRequest, context: Partial<ModelContext> = {}): Promise<R> {
    const at = this.#asked++;
    const entry = typeof this.#entries === 'function' ? this.#entries : this.#entries[at];
    if (entry === undefined) throw usedUp(this.#entries.length, at + 1);
    if (typeof entry === 'function') return await entry(request, context);
    if (!isExpecting(entry)) return entry;
    const found = differences(entry.expected, request, { compare: 'part' });
    if (found.length > 0) throw unexpected(found, at + 1);
    return entry.reply;
  }

  /** @throws ScriptError unless every entry was used. A function is always done. */
  assertDone(): void {
    if (typeof this.#entries === 'function' || this.#asked >= this.#entries.length) return;
    const left = this.#entries
      .slice(this.#asked)
      .map((entry) => (typeof entry === 'function' ? 'function' : entry.type));
    throw new ScriptError(
      `The script has ${left.length} of ${this.#entries.length} replies left: ${left.join(', ')}. Take them out, or make the run ask for them.`,
      { code: 'script.unused' },
    );
  }
}

function checkEntries(entries: unknown): void {
  if (typeof entries === 'function') return;
  const fix = "Pass replies, such as [respond.text('Hello.')], or one function for all requests.";
  if (!Array.isArray(entries))
    throw new ConfigError(`The script is ${entries === null ? 'null' : `a ${typeof entries}`}. ${fix}`);
  const wrong = entries.findIndex((entry: unknown) => {
    return typeof entry !== 'function' && !(typeof entry === 'object' && entry !== null && 'type' in entry);
  });
  if (wrong === -1) return;
  throw new ConfigError(`Entry ${wrong + 1} of the script is no reply: ${JSON.stringify(entries[wrong])}. ${fix}`);
}

function isExpecting<R extends { readonly type: string }>(
  entry: R | ExpectingResponse<R>,
): entry is ExpectingResponse<R> {
  return entry.type === 'expecting';
}

function unexpected(found: readonly Difference[], request: number): ScriptError {
  return new ScriptError(
    `The script no longer fits: request ${request} is not the one that reply ${request} expects.\n${told(found)}\nChange what \`respond.expecting\` expects, or find out why the agent asks otherwise.`,
    { code: 'script.unexpected' },
  );
}

function usedUp(length: number, request: number): ScriptError {
  return new ScriptError(
    `The script is used up: it has ${length} ${length === 1 ? 'reply' : 'replies'}, and this is request ${request}. Add a reply, or find out why the run asks once more.`,
    { code: 'script.exhausted' },
  );
}
