import { HttpProblem } from '@pawl/serve/access';

/**
 * Refuses a request that changes something, unless a script of the page sends it: no form and no request of another origin has the header.
 *
 * @throws HttpProblem 403
 */
export function checkWrite(request: Request, { isReadOnly }: { readonly isReadOnly: boolean }): void {
  if (!isWrite(request)) return;
  if (request.headers.get('pawl-inspector') !== '1') {
    throw new HttpProblem('The header "Pawl-Inspector: 1" is missing.', { status: 403, code: 'inspector.header' });
  }
  if (!isReadOnly) return;
  throw new HttpProblem('This inspector is read-only. Start it without readOnly to change runs.', {
    status: 403,
    code: 'inspector.read_only',
  });
}

export function isWrite({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
