import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** A public function with options. */
export interface Factory {
  readonly name: string;
  /** The interfaces that describe its options, or a part of them. */
  readonly covers: readonly string[];
  /** Calls the function with any options, as JavaScript callers can. May return a promise. */
  readonly make: (options: never) => unknown;
  /** Valid options. */
  readonly valid: object;
  /** Set if the options may be omitted. */
  readonly isOptional?: true;
  /** Invalid options, each with a part of the error message. */
  readonly wrong: readonly (readonly [options: object, problem: string])[];
}

export const folder = mkdtempSync(join(tmpdir(), 'pawl-options-'));
export const database = join(folder, 'file.db');
writeFileSync(database, '');

export function removeFiles(): void {
  rmSync(folder, { recursive: true, force: true });
}

export const model = scriptedModel([respond.text('Hello.')]);
export const input = z.object({});
export const execute = (): string => 'done';
export const look = tool({ name: 'look', description: 'Looks.', input, effect: 'read', execute });
export const agent = new Agent({ model });
export const text = respond.text('x');
export const pass = (): { type: 'allow' } => ({ type: 'allow' });
export const roots = { roots: folder };
export const LIMITS: Factory['wrong'] = [
  [{ limits: { cost: '1' } }, 'limits.cost is the text "1". Pass a number.'],
  [{ limits: { turn: 2 } }, 'there is no option "limits.turn". Did you mean "limits.turns"?'],
  [{ limits: { costs: 0.01 } }, 'there is no option "limits.costs". Did you mean "limits.cost"?'],
  [{ limits: { maxTurns: 3 } }, 'there is no option "limits.maxTurns".'],
  [{ limits: { turns: 0 } }, 'limits.turns is 0.'],
  [{ limits: { turns: null } }, 'limits.turns is null.'],
  [{ limits: 5 }, 'limits is a number.'],
];
export const APPROVALS: Factory['wrong'] = [
  [{ needsApproval: 'yes' }, 'needsApproval is the text "yes". Pass true or false, or a function.'],
  [{ needApproval: true }, 'there is no option "needApproval". Did you mean "needsApproval"?'],
  [{ requireApproval: true }, 'there is no option "requireApproval". The option is "needsApproval".'],
  [{ preview: 'x' }, 'preview is the text "x". Pass a function.'],
];
export const INPUT: Factory['wrong'] = ['parameters', 'inputSchema', 'schema', 'input_schema'].map((name) => [
  { [name]: input },
  `there is no option "${name}". The option is "input": a zod schema, or jsonSchema(…).`,
]);
export const MESSAGE: Factory['wrong'] = [
  [{ finishreason: 'stop' }, 'Did you mean "finishReason"?'],
  [{ usage: 5 }, 'usage is 5. Pass an object.'],
  [{ form: 'xml' }, 'form is the text "xml". Pass "json" or "sse".'],
];
export const CHILD: Factory['wrong'] = [
  [{ isolation: 'required' }, 'isolation is the text "required". Pass "prefer", "require" or "none".'],
  [{ timeoutMs: '5' }, 'timeoutMs is the text "5".'],
];
