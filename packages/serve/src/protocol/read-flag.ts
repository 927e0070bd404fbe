import { createInvalidError } from './problem.ts';

/** Reads a field that is true, false or absent. @throws HttpProblem 400 */
export function readFlag(body: Readonly<Record<string, unknown>>, name: string, without = false): boolean {
  const value = body[name] ?? without;
  if (typeof value === 'boolean') return value;
  throw createInvalidError(`"${name}" is neither true nor false.`, name);
}
