import type { Principal } from './access/principal.ts';

/** A request after all checks of access, with what a face needs to answer it. */
export interface RequestContext {
  readonly request: Request;
  readonly principal: Principal;
}

/** Answers the requests of one face. Throws `HttpProblem` for what the face does not accept. */
export type Handle = (context: RequestContext) => Promise<Response>;
