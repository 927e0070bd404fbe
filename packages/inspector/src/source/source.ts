import type { Principal } from '@pawl/serve';
import type { Session } from '../api.ts';

/** A request behind the gate. */
export interface SourceRequest {
  readonly request: Request;
  readonly principal: Principal;
  /** The segments of the path behind `basePath`, decoded: `['wire', 'r1']`. */
  readonly segments: readonly string[];
}

/** Where the runs come from: a host of this process, or another server. */
export interface Source {
  /** What the page can show and do. */
  readonly abilities: Pick<Session, 'source' | 'hasWire' | 'hasAgents' | 'hasReplay'>;
  /** Answers a request of the data API. @throws HttpProblem */
  answer(asked: SourceRequest): Promise<Response>;
  /** Ends the streams. */
  close(): void;
}
