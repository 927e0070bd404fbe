import type { Gate } from './access/gate.ts';
import type { Principal } from './access/principal.ts';
import type { ServeSettings } from './options.ts';
import type { AgentDirectory } from './runs/agent-directory.ts';
import type { RunControl } from './runs/run-control.ts';
import type { RunRegistry } from './runs/run-registry.ts';

/** A request after the checks of access, with what a face needs to answer it. */
export interface RequestContext {
  readonly request: Request;
  /** The segments of the path behind `basePath`, decoded: `['v1', 'runs', '7']`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly principal: Principal;
  /** The principal as the owner of runs: JSON `[tenant, id]`. */
  readonly owner: string;
  /** The agents that the principal may use. */
  readonly agents: AgentDirectory;
  /** Starts, resumes and reads runs. Find a run with `control` before you read it. */
  readonly runs: RunRegistry;
  /** Finds and controls runs. Every method checks that the principal may see the run. */
  readonly control: RunControl;
  readonly settings: ServeSettings;
  /** Counts the open streams. */
  readonly streams: Gate;
  /** Reads the body as JSON, once. @throws HttpProblem 400, 413, 415 */
  readonly readBody: () => Promise<RequestBody>;
  /** Names the run of the request: `Pawl-Run-Id`, and `runId` for `onRequest`. */
  readonly setRun: (runId: string) => void;
}

export interface RequestBody {
  readonly json: unknown;
  /** The bytes as text, for the identity of a request that is sent again. */
  readonly text: string;
}

/** Answers the requests of one face. Throws `HttpProblem` for what it does not accept. */
export type Handle = (context: RequestContext) => Promise<Response>;
