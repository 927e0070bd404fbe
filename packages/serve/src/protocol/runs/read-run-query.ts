import type { JsonObject } from '@pawl/core';
import { NO_RUNS, type RunFilter, type RunSummary } from '@pawl/core/host';
import { isRecord } from '@pawl/core/model';
import { createInvalidError } from '../problem.ts';
import { quote } from '../read-json.ts';

/** The query of `GET /v1/runs`. */
export interface RunQuery {
  readonly filter: Pick<RunFilter, 'agent' | 'after' | 'since' | 'order' | 'metadata'> & { readonly limit: number };
  readonly statuses: readonly RunSummary['status'][] | undefined;
  readonly conversation: string | undefined;
  /** The branch of the conversation. @defaultValue the first */
  readonly branch: number | undefined;
  /** Whether a run has the text of the query. */
  readonly matches: ((run: RunSummary) => boolean) | undefined;
}

/** @param options - `details`: whether the caller may select by metadata that others have set */
export function readRunQuery(query: URLSearchParams, { details }: { readonly details: boolean }): RunQuery {
  const known = details ? [...QUERY, 'metadata'] : QUERY;
  for (const name of query.keys()) {
    if (!known.includes(name))
      throw createInvalidError(`There is no parameter ${quote(name)}. Use: ${known.join(', ')}.`, name);
  }
  const agent = query.get('agent') ?? undefined;
  const after = readNumber(query, 'after', { min: 1, max: Number.MAX_SAFE_INTEGER });
  const since = readNumber(query, 'since', { min: 0, max: Number.MAX_SAFE_INTEGER });
  const metadata = readMetadata(query.get('metadata'));
  const text = query.get('text') ?? '';
  return {
    filter: {
      limit: readNumber(query, 'limit', { min: 1, max: MAX_PAGE }) ?? DEFAULT_PAGE,
      order: readOrder(query.get('order')),
      ...(agent !== undefined && { agent }),
      ...(after !== undefined && { after }),
      ...(since !== undefined && { since }),
      ...(metadata !== undefined && { metadata }),
    },
    statuses: query.get('status')?.split(',').map(readStatus),
    conversation: query.get('conversation') ?? undefined,
    branch: readBranchNumber(query),
    matches: text === '' ? undefined : (run) => hasText(run, { text, details }),
  };
}

/** Reads the number of a branch of a conversation, from 0. */
export function readBranchNumber(query: URLSearchParams): number | undefined {
  return readNumber(query, 'branch', { min: 0, max: 999 });
}

const QUERY: readonly string[] = [
  'status',
  'agent',
  'conversation',
  'branch',
  'after',
  'limit',
  'order',
  'since',
  'text',
];
const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

function readOrder(order: string | null): 'asc' | 'desc' {
  if (order === null || order === 'desc') return 'desc';
  if (order === 'asc') return order;
  throw createInvalidError(`"order" is ${quote(order)}. Use asc or desc.`, 'order');
}

function readStatus(status: string): RunSummary['status'] {
  if (Object.hasOwn(NO_RUNS, status)) return status as RunSummary['status']; // Its keys are the statuses.
  throw createInvalidError(`"status" is ${quote(status)}. Use: ${Object.keys(NO_RUNS).join(', ')}.`, 'status');
}

function readMetadata(text: string | null): JsonObject | undefined {
  if (text === null) return undefined;
  try {
    const metadata: unknown = JSON.parse(text);
    if (isRecord(metadata)) return metadata as JsonObject; // It was parsed from JSON.
  } catch {
    // Refused below.
  }
  throw createInvalidError(`"metadata" is ${quote(text)}. Pass a JSON object.`, 'metadata');
}

interface NumberRange {
  readonly min: number;
  readonly max: number;
}

function readNumber(query: URLSearchParams, name: string, { min, max }: NumberRange): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw createInvalidError(`"${name}" is ${quote(text)}. Pass a whole number from ${min} to ${max}.`, name);
}

/** Looks for a text in what a list shows of a run. The case of letters does not matter. */
function hasText(
  { runId, agent, metadata, outcome }: RunSummary,
  { text, details }: { readonly text: string; readonly details: boolean },
): boolean {
  const { messages: _, ...shown } = { messages: undefined, ...outcome };
  const { output, text: answer, refusal, reason, error } = shown as Readonly<Record<string, unknown>>; // Each outcome has some of them.
  const texts = [runId, agent, details ? metadata : metadata['caller'], output, answer, refusal, reason, error];
  return JSON.stringify(texts).toLowerCase().includes(JSON.stringify(text).slice(1, -1).toLowerCase());
}
