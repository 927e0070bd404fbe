import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quoted.ts';
import { findProgram } from '../child/means.ts';

export interface Lookup {
  readonly path: readonly string[];
  readonly folder: string;
}

/** Where a program is, by a name that is looked for along `path`, or by a path. Rejects with a `ToolError` that says why there is none. */
export function programAt(name: string, { path, folder }: Lookup): string {
  if (!name.includes('/')) {
    const found = findProgram(path, name);
    if (found !== undefined) return found;
    throw new ToolError(`There is no program ${quote(name)} here. It was looked for in: ${path.join(', ')}.`);
  }
  const given = resolve(folder, name);
  const why = whyNot(given);
  if (why === undefined) return given;
  throw new ToolError(`${quote(name)} ${why}.`);
}

function whyNot(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'is no program, but a folder or the like';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EACCES';
    return isThere ? 'may not be run: it is not executable' : 'is not there';
  }
}
