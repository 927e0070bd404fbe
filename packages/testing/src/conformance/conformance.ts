import { checkOptions, type OptionTable } from '@pawl/core';
import { isObject } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import { ConformanceError } from './errors.ts';
import { outputProbes } from './output-probes.ts';
import type { ConformanceReport, Probe, ProbeEvidence, ProbeResult } from './probe.ts';
import { chooseCapField, recommendProfile } from './recommend-profile.ts';
import { type ProbedServer, sendRequest } from './request-completion.ts';
import { textProbes } from './text-probes.ts';
import { tokenProbes } from './token-probes.ts';
import { toolProbes } from './tool-probes.ts';

export interface ConformanceOptions {
  /** @defaultValue the first model that `GET /models` lists */
  readonly model?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Deadline of each request, in milliseconds. @defaultValue 60_000 */
  readonly timeoutMs?: number;
  /**
   * The token limit of each response, if the server accepts one. A reasoning model needs some hundreds. @defaultValue
   * 2_048
   */
  readonly maxTokens?: number;
  /** Whether only text, streams and tools are probed, with about six requests. No profile is recommended then. @defaultValue false */
  readonly quick?: boolean;
  /** Called once, before the first probe. */
  readonly onStarted?: (started: Pick<ConformanceReport, 'baseURL' | 'model'>) => void;
  /** Called with each result as soon as it is known. */
  readonly onResult?: (result: ProbeResult) => void;
}

/**
 * Probes a server that claims to speak Chat Completions with about thirty requests, one after the other, and recommends
 * a profile for it.
 *
 * The server bills these requests; `maxTokens` limits each response. Whether a model calls a tool is the model's
 * choice: if it does not, the result is `unclear` and has no effect on the recommendation.
 *
 * @throws ConformanceError if the server cannot be reached, or if no model is given and the server lists none.
 */
export async function conformance(baseURL: string, given: ConformanceOptions = {}): Promise<ConformanceReport> {
  const options = checkOptions(given, CONFORMANCE, 'conformance');
  const { apiKey, headers = {}, timeoutMs = 60_000, maxTokens = 2_048, quick = false } = options;
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const connection = { baseURL, headers: { ...authorization, ...headers }, timeoutMs };
  const model = options.model ?? (await findFirstModel(connection));
  options.onStarted?.({ baseURL, model });
  const found = new Map<string, ProbeEvidence>();
  const probes: ProbeResult[] = [];
  for (const { name, run } of quick ? QUICK_PROBES : PROBES) {
    const field = chooseCapField((earlier) => found.get(earlier));
    const isCapped = field !== undefined && found.size >= tokenProbes.length;
    const server: ProbedServer = { ...connection, model, cap: isCapped ? { [field]: maxTokens } : {} };
    const finding = await run(server, (earlier) => found.get(earlier));
    found.set(name, finding);
    const result = { name, status: finding.status, detail: finding.detail };
    probes.push(result);
    options.onResult?.(result);
  }
  return { baseURL, model, probes, profile: { base: 'compatible', ...(quick ? {} : recommendProfile(found)) } };
}

/** `any`: an error about an option would quote its value, and keys are never quoted. */
const CONFORMANCE: OptionTable<ConformanceOptions> = {
  keys: {
    model: 'text',
    apiKey: 'any',
    headers: 'any',
    timeoutMs: 'number',
    maxTokens: 'number',
    quick: 'boolean',
    onStarted: 'function',
    onResult: 'function',
  },
};

const PROBES: readonly Probe[] = [...tokenProbes, ...textProbes, ...toolProbes, ...outputProbes];

const QUICK: ReadonlySet<string> = new Set(['text', 'stream', 'tools', 'results of tools']);
/** What every agent needs. The probes of tokens come first, as with all: they find the field that limits the others. */
const QUICK_PROBES: readonly Probe[] = [...tokenProbes, ...PROBES.filter(({ name }) => QUICK.has(name))];

async function findFirstModel(connection: Omit<ProbedServer, 'model' | 'cap'>): Promise<string> {
  const { status, body, message: serverMessage } = await sendRequest('/models', connection);
  const models = body?.['data'];
  const [first] = Array.isArray(models) ? models.filter(isObject) : [];
  if (typeof first?.['id'] === 'string') return first['id'];
  const why = status === 0 ? serverMessage : `status ${status}, ${sliceStart(serverMessage, 100)}`;
  const message = `${connection.baseURL}/models lists no model: ${why}. Check the address, or pass { model }.`;
  throw new ConformanceError(message, { code: 'conformance.model' });
}

export { ConformanceError } from './errors.ts';
export type { ConformanceReport, ProbeResult, ProbeStatus } from './probe.ts';
export { reportText } from './report-text.ts';
