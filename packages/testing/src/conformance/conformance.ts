import type { Profile } from '@pawl/core';
import { sliceStart } from '../compare/slice-start.ts';
import { isObject } from '../stand-in/json.ts';
import { exchange, type Server } from './ask.ts';
import { ConformanceError } from './errors.ts';
import { outputProbes } from './output-probes.ts';
import type { ConformanceReport, Probe, ProbeResult, ProbeStatus } from './probe.ts';
import { textProbes } from './text-probes.ts';
import { toolProbes } from './tool-probes.ts';

export interface ConformanceOptions {
  /** @defaultValue the first that `GET /models` lists */
  readonly model?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of each request, in milliseconds. @defaultValue 60_000 */
  readonly timeoutMs?: number;
}

/**
 * Asks a server that claims to speak Chat Completions a fixed list of questions, one after the other, and tells what it supports and how it wants to be
 * spoken to. Some twenty requests, which cost what they cost there. Whether a model calls a tool is the model's choice: where it does not, the
 * answer is `unclear`.
 *
 * @throws ConformanceError where the server can't be reached, or names no model and none is given.
 */
export async function conformance(baseURL: string, options: ConformanceOptions = {}): Promise<ConformanceReport> {
  const { apiKey, headers = {}, timeoutMs = 60_000 } = options;
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const reaching = { baseURL, headers: { ...authorization, ...headers }, timeoutMs };
  const server: Server = { ...reaching, model: options.model ?? (await firstModel(reaching)) };
  const probes: ProbeResult[] = [];
  let profile: Partial<Profile> = {};
  for (const probe of PROBES) {
    const found = await probe.run(server);
    probes.push({ name: probe.name, ...found });
    profile = { ...profile, ...probe.profile?.(found) };
  }
  return { baseURL, model: server.model, probes, profile: { base: 'compatible', ...profile, ...byChoice(probes) } };
}

const PROBES: readonly Probe[] = [...textProbes, ...toolProbes, ...outputProbes];

async function firstModel(reaching: Omit<Server, 'model'>): Promise<string> {
  const { status, body, said } = await exchange('/models', reaching);
  const models = body?.['data'];
  const [first] = Array.isArray(models) ? models.filter(isObject) : [];
  if (typeof first?.['id'] === 'string') return first['id'];
  const why = status === 0 ? said : `status ${status}, ${sliceStart(said, 100)}`;
  throw new ConformanceError(
    `${reaching.baseURL}/models names no model: ${why}. Check the address, or pass { model }.`,
    {
      code: 'conformance.model',
    },
  );
}

export { ConformanceError } from './errors.ts';
export type { ConformanceReport, ProbeResult, ProbeStatus } from './probe.ts';
export { reportText } from './report-text.ts';

/** What several probes say together. */
function byChoice(probes: readonly ProbeResult[]): Partial<Profile> {
  const statusOf = (name: string): ProbeStatus | undefined => probes.find((probe) => probe.name === name)?.status;
  const choices = (['none', 'required', 'function'] as const).filter(
    (form) => statusOf(`tool_choice ${form}`) !== 'unsupported',
  );
  const responseFormat =
    statusOf('json_schema') === 'supported'
      ? 'json_schema'
      : statusOf('tool_choice function') === 'supported'
        ? 'tool'
        : statusOf('json_object') === 'supported'
          ? 'json_object'
          : 'none';
  return { toolChoices: ['auto', ...choices], responseFormat };
}
