import type { Answer } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { RunState } from '@pawl/serve';
import type {
  AgentList,
  AgentView,
  ApiError,
  BudgetView,
  Replay,
  ReplayList,
  ReplayRequest,
  SavedTest,
  Session,
  WireExchangeView,
  WireView,
} from '../../api.ts';

/** The answer of the server to a request that it did not carry out, or that it did not get. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** 0: the server cannot be reached. */
  readonly status: number;
  readonly code: string | undefined;

  constructor(message: string, { status, code }: { readonly status: number; readonly code?: string | undefined }) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What `GET v1/runs` answers. */
export interface RunPage {
  readonly data: readonly RunState[];
  /** The position to continue after; `null` on the last page. */
  readonly next: number | null;
}

// All addresses are relative: the page may be mounted below any path.

export const readSession = (): Promise<Session> => get('session');
export const openSession = (token: string): Promise<unknown> => post('session', { token });
export const listAgents = (): Promise<AgentList> => get('agents');
export const readAgent = (name: string): Promise<AgentView> => get(`agents/${encodeURIComponent(name)}`);
export const readWire = (runId: string): Promise<WireView> => get(`wire/${encodeURIComponent(runId)}`);
export const readExchange = (runId: string, id: number): Promise<WireExchangeView> =>
  get(`wire/${encodeURIComponent(runId)}/${id}`);
export const readBudget = (runId: string): Promise<BudgetView> => get(`budget/${encodeURIComponent(runId)}`);
export const listReplays = (): Promise<ReplayList> => get('replays');
export const replayRun = (request: ReplayRequest): Promise<Replay> => post('replay', request);
export const readTest = (runId: string): Promise<SavedTest> => get(`test/${encodeURIComponent(runId)}`);
export const readRun = (runId: string): Promise<RunState> => get(formatRunPath(runId));

export function listRuns(query: Readonly<Record<string, string | undefined>>): Promise<RunPage> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return get(`v1/runs?${new URLSearchParams(given)}`);
}

export function answerCall(runId: string, pending: string, answer: Answer): Promise<RunState> {
  return post(`${formatRunPath(runId)}/answers`, { pending, answer });
}

export function sendCommand(runId: string, action: 'cancel' | 'resume'): Promise<RunState> {
  return post(`${formatRunPath(runId)}/${action}`, {});
}

export interface ForkRequest {
  readonly before: string;
  readonly input?: string;
  readonly messages?: Json;
}

export function forkRun(runId: string, request: ForkRequest): Promise<RunState> {
  return post(`${formatRunPath(runId)}/fork`, request);
}

export function formatRunPath(runId: string): string {
  return `v1/runs/${encodeURIComponent(runId)}`;
}

function get<Body>(path: string): Promise<Body> {
  return send(path, { headers: { accept: 'application/json' } });
}

function post<Body>(path: string, body: unknown): Promise<Body> {
  return send(path, {
    method: 'POST',
    // A form of another site cannot send this header.
    headers: { accept: 'application/json', 'content-type': 'application/json', 'pawl-inspector': '1' },
    body: JSON.stringify(body),
  });
}

async function send<Body>(path: string, init: RequestInit): Promise<Body> {
  const response = await fetch(`./${path}`, { ...init, credentials: 'same-origin' }).catch((error: unknown) => {
    throw new RequestError(`The inspector cannot be reached: ${toMessage(error)}`, { status: 0 });
  });
  const text = await response.text();
  if (!response.ok) throw readError(response, text);
  return (text === '' ? undefined : JSON.parse(text)) as Body; // Of the same version of this package.
}

function readError({ status, statusText }: Response, text: string): RequestError {
  try {
    const { error } = JSON.parse(text) as ApiError;
    return new RequestError(error.message, { status, code: error.code ?? undefined });
  } catch {
    return new RequestError(`${status} ${statusText}`, { status });
  }
}

/** The message of anything that was thrown. */
export function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
