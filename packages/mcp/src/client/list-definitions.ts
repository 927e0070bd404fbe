import type { Client, SdkTool } from '../sdk.ts';
import { type McpDefinition, readDefinition } from './definition.ts';
import { McpError } from './errors.ts';
import type { Session } from './session.ts';

/** As many as the SDK reads: a server whose pages do not end is faulty. */
const MAX_PAGES = 64;

/** Lists a server's tools, sorted by name. A failed or endless list is an error, never an empty list. */
export async function listDefinitions(
  { client }: Session,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<readonly McpDefinition[]> {
  if (client.getServerCapabilities?.() !== undefined && client.getServerCapabilities()?.tools === undefined) return [];
  const options = { timeout: timeoutMs, cacheMode: 'refresh' } as const;
  const tools: SdkTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result: Awaited<ReturnType<Client['listTools']>> = await client.listTools(
      cursor === undefined ? undefined : { cursor },
      options,
    );
    tools.push(...result.tools);
    cursor = result.nextCursor;
    if (cursor === undefined) return sortDefinitions(tools);
  }
  throw new McpError(`The list of tools has more than ${MAX_PAGES} pages.`, { code: 'mcp.protocol' });
}

/** The order of tools must not depend on the server: it is the beginning of each prompt, which model servers cache. */
export function sortDefinitions(tools: readonly SdkTool[]): readonly McpDefinition[] {
  return tools.map(readDefinition).sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
}
