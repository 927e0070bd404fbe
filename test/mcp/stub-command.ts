import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { McpCommandOptions } from '@pawl/mcp';

/** The command of the stub server. */
export function stubCommand(...args: readonly string[]): Pick<McpCommandOptions, 'command' | 'args'> {
  return { command: process.execPath, args: [join(import.meta.dirname, 'stub-server.ts'), ...args] };
}

/** Reads the lines of a file. `[]` if there is none. */
export function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
