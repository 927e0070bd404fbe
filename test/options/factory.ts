import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, tool } from '@pawl/core';
import { reply, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** A function of the public API that takes options. */
export interface Factory {
  readonly name: string;
  /** The interfaces that its options, or a part of them, are described by. */
  readonly covers: readonly string[];
  /** What it is called with, as from JavaScript. May give a promise. */
  readonly make: (options: never) => unknown;
  /** Options that it takes. */
  readonly valid: object;
  /** Whether they may be left out. */
  readonly isOptional?: true;
  /** Mistakes in a value, and what is said of them. */
  readonly wrong: readonly (readonly [options: object, problem: string])[];
}

/** For what needs files. */
export const folder = mkdtempSync(join(tmpdir(), 'pawl-options-'));

export function removeFiles(): void {
  rmSync(folder, { recursive: true, force: true });
}

export const text = reply.text('x');
export const model = scriptedModel([reply.text('Hello.')]);
export const agent = new Agent({ model });
export const input = z.object({});
export const execute = (): string => 'done';
export const look = tool({ name: 'look', description: 'Looks.', input, effect: 'read', execute });
export const pass = (): { type: 'pass' } => ({ type: 'pass' });

/** What is wrong with limits wherever they are given. */
export const LIMITS: Factory['wrong'] = [
  [{ limits: { cost: '1' } }, 'limits.cost is the text "1". Pass a number.'],
  [{ limits: { turn: 2 } }, 'there is no option "limits.turn". Did you mean "limits.turns"?'],
  [{ limits: { costs: 0.01 } }, 'there is no option "limits.costs". Did you mean "limits.cost"?'],
  [{ limits: { maxTurns: 3 } }, 'there is no option "limits.maxTurns".'],
  [{ limits: { turns: 0 } }, 'limits.turns is 0.'],
  [{ limits: { turns: null } }, 'limits.turns is null.'],
  [{ limits: 5 }, 'limits is a number.'],
];
