import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reason } from './reason.ts';
import { REASONS } from './reasons.ts';
import type { Mutant, Sample } from './stryker.ts';

/** What `--write` has recorded of each room. */
export const RESULTS: string = join(import.meta.dirname, 'results.json');

export interface Counts {
  readonly total: number;
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly notCovered: number;
  /** Of the total, killed or timed out, in per cent. */
  readonly score: number;
}

/** A mutant that no test noticed. It is found again by its code: line numbers change. */
export type Survivor = Pick<Mutant, 'file' | 'code' | 'original' | 'replacement'>;

export interface RoomResult {
  /** `2030-01-31` */
  readonly date: string;
  readonly fileCount: number;
  /** All mutants if left out. */
  readonly sample?: Sample;
  /** The first run that was recorded. */
  readonly before: Counts;
  readonly after: Counts;
  readonly survivors: readonly Survivor[];
}

export type Results = Readonly<Record<string, RoomResult>>;

export function readResults(): Results {
  return existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
}

interface RoomRun {
  readonly name: string;
  readonly mutants: readonly Mutant[];
  readonly sample: Sample | undefined;
}

export function recordRoom(results: Results, { name, mutants, sample }: RoomRun): Results {
  const after = countMutants(mutants);
  const result: RoomResult = {
    date: new Date().toISOString().slice(0, 10),
    fileCount: new Set(mutants.map(({ file }) => file)).size,
    ...(sample && { sample }),
    before: results[name]?.before ?? after,
    after,
    survivors: mutants.filter(isSurvivor).map(({ file, code, original, replacement }) => ({
      file,
      code,
      original,
      replacement,
    })),
  };
  return { ...results, [name]: result };
}

export function countMutants(mutants: readonly Mutant[]): Counts {
  const count = (status: Mutant['status']): number => mutants.filter((mutant) => mutant.status === status).length;
  const killed = count('Killed');
  const timedOut = count('Timeout');
  const survived = count('Survived');
  const notCovered = count('NoCoverage');
  const total = killed + timedOut + survived + notCovered;
  return {
    total,
    killed,
    timedOut,
    survived,
    notCovered,
    score: total === 0 ? 100 : Math.round(((killed + timedOut) / total) * 1_000) / 10,
  };
}

export function isSurvivor({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

/** Why a mutant may survive; `undefined` if nobody has looked at it. */
export function findReason(survivor: Survivor): string | undefined {
  return REASONS.find((reason) => isExplainedBy(reason, survivor))?.reason;
}

export function isExplainedBy({ file, code, changes }: Reason, survivor: Survivor): boolean {
  if (!survivor.file.endsWith(`/${file}`) || survivor.code !== code) return false;
  return changes === undefined || changes.includes(`${survivor.original} → ${survivor.replacement}`);
}
