import { HttpProblem } from '@pawl/serve/access';

export function createUnknownRouteError(): HttpProblem {
  return new HttpProblem('There is nothing at this address.', { status: 404, code: 'route.unknown' });
}

/** @throws HttpProblem 405 unless the request has the method */
export function checkMethod(request: Request, method: 'GET' | 'POST'): void {
  if (request.method === method) return;
  throw new HttpProblem(`${request.method} is not allowed here. Use ${method}.`, {
    status: 405,
    code: 'method.unknown',
    headers: { allow: method },
  });
}

/** The same for a run of another owner as for one that does not exist. */
export function createUnknownRunError(runId: string): HttpProblem {
  return new HttpProblem(`There is no run "${runId}".`, { status: 404, code: 'run.unknown' });
}
