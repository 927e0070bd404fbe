import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import { findProgram } from '../child/find-program.ts';

export interface ProgramLookup {
  readonly path: readonly string[];
  readonly folder: string;
}

/** Finds a program by a name, which is searched in `path`, or by a path. Throws a `ToolError` that says why there is none. */
export function findProgramPath(name: string, { path, folder }: ProgramLookup): string {
  if (!name.includes('/')) {
    const found = findProgram(path, name);
    if (found !== undefined) return found;
    throw new ToolError(`There is no program ${quote(name)}. These folders were searched: ${path.join(', ')}.`);
  }
  const programPath = resolve(folder, name);
  const problem = explainProblem(programPath);
  if (problem === undefined) return programPath;
  throw new ToolError(`${quote(name)} ${problem}.`);
}

function explainProblem(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'is not a program';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EACCES';
    return exists ? 'cannot be run: it is not executable' : 'does not exist';
  }
}
