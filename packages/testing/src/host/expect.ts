import { inspect, isDeepStrictEqual } from 'node:util';
import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';

/** A host broke its contract. The message names the obligation, the expected and the actual value. */
export class HostContractError extends PawlError {
  override readonly name = 'HostContractError';

  constructor(message: string) {
    super(message, { code: 'host.contract_broken' });
    addBrand(this, 'HostContractError');
  }

  static override isInstance(error: unknown): error is HostContractError {
    return hasBrand(error, 'HostContractError');
  }
}

/** @throws HostContractError */
export function expectEqual(actual: unknown, expected: unknown, promise: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new HostContractError(`${promise}\nexpected: ${formatValue(expected)}\ncame:     ${formatValue(actual)}`);
}

/** Compares some fields of an object. @throws HostContractError */
export function expectFields(actual: unknown, expected: Readonly<Record<string, unknown>>, promise: string): void {
  const fields = typeof actual === 'object' && actual !== null ? new Map(Object.entries(actual)) : new Map();
  const there = Object.fromEntries(Object.keys(expected).map((name) => [name, fields.get(name)]));
  expectEqual(there, expected, promise);
}

/** Expects a rejection with an error of this code. @throws HostContractError */
export async function expectRejection(work: Promise<unknown>, code: string, promise: string): Promise<void> {
  const [settled] = await Promise.allSettled([work]);
  const error: unknown = settled.status === 'rejected' ? settled.reason : undefined;
  const came = PawlError.isInstance(error)
    ? error.code
    : settled.status === 'rejected'
      ? String(error)
      : 'nothing refused';
  expectEqual(came, code, promise);
}

/** Polls in real time until the condition holds. @throws HostContractError after 20 seconds */
export async function waitUntil(isSo: () => boolean, promise: string): Promise<void> {
  const endsAt = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > endsAt) throw new HostContractError(`${promise}\nThis did not happen within 20 seconds.`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function formatValue(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: 120, maxStringLength: 300 });
}
