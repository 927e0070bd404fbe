import { isRecord } from '../base/json.ts';
import { hasCounts, readCount, readUsage } from './read-usage.ts';
import type { RepairList } from './repair-list.ts';
import type { CompletionUsage } from './response.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Collects the token counts of one response, from any number of chunks and from every known field. */
export class UsageReader {
  #usage: Wire | undefined;
  /** The usage under a vendor's key, and its path. */
  #vendorUsage: { readonly path: string; readonly usage: Wire } | undefined;
  #timings: unknown;

  read(usage: unknown, repairs: RepairList): void {
    if (!isRecord(usage)) return;
    if (!hasCounts(usage)) repairs.add('usage', 'nothing is counted in it: left out');
    // Details without counts can follow a count.
    if (this.#usage !== undefined || hasCounts(usage)) this.#usage = mergeUsage(this.#usage, usage);
  }

  /** Reads the usage inside another field. @param path - the path of `holder` */
  readIn(holder: unknown, path: string): void {
    if (!isRecord(holder) || !hasCounts(holder['usage'])) return;
    this.#vendorUsage = { path: `${path}.usage`, usage: mergeUsage(this.#vendorUsage?.usage, holder['usage']) };
  }

  /** Reads the measurements of llama.cpp. */
  readTimings(timings: unknown): void {
    this.#timings = timings;
  }

  /** Returns the usage; `undefined` if the server counted nothing. */
  finish(repairs: RepairList): CompletionUsage | undefined {
    const measured = readTimings(this.#timings);
    if (this.#usage !== undefined) return addCached(readUsage(this.#usage, repairs), measured, repairs);
    const path = this.#vendorUsage?.path ?? (measured && 'timings');
    if (path !== undefined) repairs.add('usage', `missing: taken from ${path}`);
    return this.#vendorUsage === undefined ? measured : readUsage(this.#vendorUsage.usage, repairs);
  }
}

/** Merges the counts of several chunks. The greater of each wins, because a later chunk can have 0 for an earlier count. */
export function mergeUsage(before: Wire | undefined, next: Wire): Wire {
  // Fast path for running totals.
  if (before === undefined || includesTotals(next, before)) return next;
  return merge(before, next, (known, value, name) => {
    return isRecord(known) && isRecord(value) ? merge(known, value, pickGreater) : pickGreater(known, value, name);
  });
}

function includesTotals(next: Wire, before: Wire): boolean {
  for (const name of Object.keys(before)) {
    const known = before[name];
    const value = next[name];
    if (known === value || known === null) continue;
    if (typeof known !== 'number' || typeof value !== 'number') return false;
    if (value < known || !Number.isSafeInteger(value)) return false;
  }
  return true;
}

type FieldMerger = (known: unknown, value: unknown, name: string) => unknown;

function merge(before: Wire, next: Wire, choose: FieldMerger): Wire {
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(next)) merged.set(name, choose(merged.get(name), value, name));
  return Object.fromEntries(merged);
}

/** A value that is not a number never replaces a number; a value that is not a count never replaces a count. */
function pickGreater(known: unknown, value: unknown, name: string): unknown {
  if (value === null || value === undefined) return known;
  const read = name.endsWith('_tokens') ? readCount : readNumber;
  const was = read(known);
  if (was === undefined) return value;
  const is = read(value);
  return is === undefined || is < was ? known : value;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : readCount(value);
}

/** Reads measurements as usage. Without `cache_n` they do not count, because `prompt_n` can exclude cached tokens. */
function readTimings(timings: unknown): CompletionUsage | undefined {
  if (!isRecord(timings)) return undefined;
  const [cached, fresh, predicted] = [timings['cache_n'], timings['prompt_n'], timings['predicted_n']].map(readCount);
  if (cached === undefined || fresh === undefined || predicted === undefined) return undefined;
  return {
    prompt_tokens: cached + fresh,
    completion_tokens: predicted,
    total_tokens: cached + fresh + predicted,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function addCached(
  usage: CompletionUsage,
  measured: CompletionUsage | undefined,
  repairs: RepairList,
): CompletionUsage {
  const cached = Math.min(measured?.prompt_tokens_details?.cached_tokens ?? 0, usage.prompt_tokens);
  const { prompt_tokens_details: details } = usage;
  if (cached === 0 || details?.cached_tokens !== undefined) return usage;
  repairs.add('timings.cache_n', 'read as usage.prompt_tokens_details.cached_tokens');
  return { ...usage, prompt_tokens_details: { ...details, cached_tokens: cached } };
}
