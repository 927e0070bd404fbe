import { addBrand, hasBrand } from '../base/brand.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError, HostError, PawlError } from '../base/errors.ts';
import { type AnyOptionTable, checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { getErrorMessage } from '../event/error-data.ts';
import type { MiddlewareScope } from '../perform/middleware.ts';
import { endsRun, RefuseRun } from '../tool/errors.ts';

/** What every guard has. */
export interface GuardOptions {
  /** Who it is in outcomes, errors and the reasons that the model is told. */
  readonly name: string;
  /** A check that takes longer counts as failed. @defaultValue 30_000 */
  readonly timeoutMs?: number;
}

/** Nothing to object to. */
export interface GuardAllow {
  readonly type: 'allow';
}

/** Ends the run as `refused`, for this reason. */
export interface GuardRefuse {
  readonly type: 'refuse';
  readonly reason: string;
}

/** A guard could not say whether something may pass, so that it did not. */
export class GuardError extends PawlError {
  override readonly name = 'GuardError';
  readonly guard: string;

  constructor(message: string, { guard, cause }: { readonly guard: string; readonly cause?: unknown }) {
    super(message, { code: 'guard.failed', cause });
    this.guard = guard;
    addBrand(this, 'GuardError');
  }

  static override isInstance(error: unknown): error is GuardError {
    return hasBrand(error, 'GuardError');
  }
}

export type VerdictFields = Readonly<Record<string, 'text' | 'list' | 'any'>>;

export interface Checking<Verdict, Context> extends GuardOptions {
  readonly scope: MiddlewareScope<Context>;
  /** What may come of it, by type, with the fields that each has to have. */
  readonly allowed: Readonly<Record<string, VerdictFields>>;
  readonly work: (scope: MiddlewareScope<Context>) => Verdict | Promise<Verdict>;
}

/**
 * What a guard says; what it refuses ends the run here. Fails closed: a check that throws, takes too long, or says nothing that
 * is known here is a `GuardError`.
 */
export async function verdict<Verdict extends { readonly type: string; readonly reason?: string }, Context>({
  name: guard,
  timeoutMs = 30_000,
  scope,
  allowed,
  work,
}: Checking<Verdict, Context>): Promise<Exclude<Verdict, GuardRefuse>> {
  const { clock, signal } = scope;
  const timeoutError = (): Error =>
    new GuardError(`Guard "${guard}" did not say within ${timeoutMs / 1000} s whether this may pass.`, { guard });
  try {
    const given = await withDeadline(({ signal: within }) => work({ ...scope, signal: within }), {
      clock,
      signal,
      timeoutMs,
      timeoutError,
    });
    if (given?.type === 'refuse' && typeof given.reason === 'string') throw new RefuseRun(given.reason, { guard });
    const fields = Object.hasOwn(allowed, String(given?.type)) ? allowed[given.type] : undefined;
    if (fields !== undefined) {
      checkFields(given, fields);
      return given as Exclude<Verdict, GuardRefuse>; // It is none of those that refuse.
    }
    const types = Object.keys(allowed).join(' | ');
    const shown = JSON.stringify(given) ?? 'nothing';
    throw new ConfigError(`It gave ${shown}, which is no verdict. Give { type: ${types} | refuse }.`);
  } catch (error) {
    const isMeant = endsRun(error) || HostError.isInstance(error) || GuardError.isInstance(error);
    if (isMeant || (signal.aborted && error === signal.reason)) throw error;
    throw new GuardError(`Guard "${guard}" failed: ${getErrorMessage(error)}`, { guard, cause: error });
  }
}

/** A replacement under another name would put nothing in the place of what was guarded. */
function checkFields(given: { readonly type: string }, fields: VerdictFields): void {
  for (const [field, kind] of Object.entries(fields)) {
    const value: unknown = Reflect.get(given, field);
    const isGiven =
      kind === 'any' ? field in given : kind === 'list' ? Array.isArray(value) : typeof value === 'string';
    if (isGiven) continue;
    const what = kind === 'any' ? '' : ` Give a ${kind}.`;
    throw new ConfigError(`It gave { type: "${given.type}" }, of which ${field} is ${describeValue(value)}.${what}`);
  }
}

/** Gives a guard's options, those of a class instance as a plain object. @throws ConfigError for unknown ones, and values of a wrong type. */
export function readGuard<Options extends GuardOptions>(given: Options, table: AnyOptionTable, kind: string): Options {
  const name: unknown = (given as Partial<Options> | undefined)?.name; // From JavaScript there need be none.
  return checkOptions(given, table, typeof name === 'string' ? `${kind} "${name}"` : kind);
}

export const GUARD_BASICS: OptionTable<GuardOptions>['keys'] = { name: 'any', timeoutMs: 'number' };

/** @throws ConfigError */
export function checkGuard(kind: string, { name, timeoutMs = 1 }: GuardOptions, checks: readonly unknown[]): void {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigError(`${kind}: name is ${JSON.stringify(name)}. Pass a text that says who guards.`);
  }
  if (!(timeoutMs > 0)) {
    throw new ConfigError(`${kind} "${name}": timeoutMs is ${timeoutMs}. Pass a number greater than 0.`);
  }
  const given = checks.filter((check) => check !== undefined);
  if (given.length > 0 && given.every((check) => typeof check === 'function')) return;
  throw new ConfigError(`${kind} "${name}" checks nothing. Pass a function that gives a verdict: { type: "allow" }.`);
}
