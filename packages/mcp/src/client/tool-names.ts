import { ConfigError } from '@pawl/core';
import { hashText } from './definition.ts';

const MAX_LENGTH = 64;
const HASH_LENGTH = 6;

/**
 * Builds the names that the model calls: `server__tool`, with `_` in place of characters that Chat Completions does not accept. A name
 * of more than 64 characters is cut and ends with a part of its hash.
 *
 * @throws ConfigError if two tools have the same name
 */
export function buildToolNames(server: string, tools: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const tool of tools) {
    const name = buildToolName(server, tool);
    const other = owners.get(name);
    if (other !== undefined) {
      throw new ConfigError(
        `MCP server "${server}": the tools ${JSON.stringify(other)} and ${JSON.stringify(tool)} would both be called "${name}". Leave one out: include: [${JSON.stringify(tool)}].`,
        { code: 'mcp.name' },
      );
    }
    owners.set(name, tool);
    names.set(tool, name);
  }
  return names;
}

export function buildToolName(server: string, tool: string): string {
  const name = `${server}__${tool}`.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  if (name.length <= MAX_LENGTH) return name;
  const hash = hashText(`${server}__${tool}`).slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}_${hash}`;
}
