import { HttpProblem } from '@pawl/serve/access';

/**
 * Imports a part of `@pawl/testing`, which is an optional peer: only replays need it.
 *
 * @throws HttpProblem 501, which names the package, if it is not installed
 */
export async function importPeer<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new HttpProblem('Replays need the package @pawl/testing. Run: npm install --save-dev @pawl/testing', {
      status: 501,
      code: 'inspector.no_testing',
      cause,
    });
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes('@pawl/testing')
  );
}
