// The rooms and doors of the packages. `scripts/lint-rooms.ts` makes lint rules of them, `scripts/draw-rooms.ts` a drawing.

/** Of `packages/core/src`, from top to bottom: a room imports only from those below it, types included. */
export const ROOMS = [
  'flow',
  'agent',
  'middleware',
  'perform',
  'loop',
  'limits',
  'host',
  'openai',
  'model',
  'tool',
  'event',
  'chat',
  'schema',
  'base',
] as const;

export type Room = (typeof ROOMS)[number];

/** The one file of core that imports a dependency. */
export const DOORS: Readonly<Record<string, `${Room}/${string}.ts`>> = {
  eventemitter3: 'event/observers.ts',
  'p-retry': 'model/attempts.ts',
  'eventsource-parser': 'chat/server-sent-events.ts',
  zod: 'schema/zod.ts',
  'zod-to-json-schema': 'schema/zod3.ts',
  undici: 'openai/transport/agents.ts',
};

/** Folders of core that are published as sub-paths of their own, and the highest room that each imports from. */
export const SUB_PATHS = { sqlite: 'host' } as const satisfies Readonly<Record<string, Room>>;

/** Folders of core that may use Node's modules and globals. */
export const NODE_FOLDERS: readonly string[] = ['openai/transport', 'sqlite'];

/** The one file of `packages/dbos/src` that imports a dependency. */
export const DBOS_DOORS: Readonly<Record<string, string>> = { pg: 'database.ts', '@dbos-inc/**': 'engine.ts' };

/** Of `packages/serve/src`, from top to bottom, as in core. Only `node` may use Node's modules and globals. */
export const SERVE_ROOMS = ['node', 'faces', 'runs', 'access', 'protocol'] as const;

/** Of `packages/inspector/src`: those of the server, and those of the page, neither of which imports the other. */
export const INSPECTOR_ROOMS = ['source', 'replay', 'views', 'access', 'sqlite', 'shared'] as const;
export const PAGE_ROOMS = ['screens', 'parts', 'data', 'view'] as const;

/** Of `packages/cli/src`. */
export const CLI_ROOMS = ['commands', 'chat', 'doctor', 'target', 'wire', 'terminal'] as const;

/** The one file of `packages/mcp/src` that imports a dependency. */
export const MCP_DOORS: Readonly<Record<string, string>> = {
  '@modelcontextprotocol/client/**': 'sdk.ts',
  '@modelcontextprotocol/server/**': 'server-sdk.ts',
};
