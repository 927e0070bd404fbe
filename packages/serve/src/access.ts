/** For handlers beside `serve()`, such as the inspector: who may send a request, and how it is refused. */

export { checkHost, checkLocal, type HostRules, readHost } from './access/check-host.ts';
export { checkOrigin } from './access/check-origin.ts';
export { computeDigest, isEqual } from './access/compare-secrets.ts';
export { canSee } from './access/owner.ts';
export { isPrincipal } from './access/principal.ts';
export { readJsonBody } from './access/read-body.ts';
export { toProblem } from './protocol/outcome-problem.ts';
export { type ErrorBody, HttpProblem, type ProblemOptions } from './protocol/problem.ts';
