import { join } from 'node:path';
import type { McpCommandOptions } from '@pawl/mcp';

/** The command of the stub server. */
export function stubCommand(...args: readonly string[]): Pick<McpCommandOptions, 'command' | 'args'> {
  return { command: process.execPath, args: [join(import.meta.dirname, 'stub-server.ts'), ...args] };
}
