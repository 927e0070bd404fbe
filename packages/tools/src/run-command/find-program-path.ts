import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import { findProgram } from '../child/find-program.ts';

export interface ProgramLookup {
  readonly path: readonly string[];
  readonly folder: string;
}

/** Where a program is, by a name that is looked for along `path`, or by a path. Rejects with a `ToolError` that says why there is none. */
export function findProgramPath(name: string, { path, folder }: ProgramLookup): string {
  if (!name.includes('/')) {
    const found = findProgram(path, name);
    if (found !== undefined) return found;
    throw new ToolError(`There is no program ${quote(name)} here. It was looked for in: ${path.join(', ')}.`);
  }
  const given = resolve(folder, name);
  const why = explainProblem(given);
  if (why === undefined) return given;
  throw new ToolError(`${quote(name)} ${why}.`);
}

function explainProblem(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'is no program, but a folder or the like';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EACCES';
    return isThere ? 'may not be run: it is not executable' : 'is not there';
  }
}
