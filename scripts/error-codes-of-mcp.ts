import type { ErrorCode } from './error-codes-of-hosts.ts';

/** Codes of `@pawl/mcp`. */
export const CODES_OF_MCP: Readonly<Record<string, ErrorCode>> = {
  'mcp.unreachable': {
    class: 'McpError',
    cause: 'An MCP server does not start, does not answer, or refuses the connection.',
    action: 'Read `cause`. In a call, the model reads the reason, and the next call connects again.',
  },
  'mcp.unauthorized': {
    class: 'McpError',
    cause: 'An MCP server wants an authorization that the provider of `auth` does not have.',
    action: 'Let the user authorize, then call again.',
  },
  'mcp.protocol': {
    class: 'McpError',
    cause: 'An MCP server breaks the protocol, for example by a list without an end.',
    action: 'Report it to the author of the server.',
  },
  'mcp.closed': {
    class: 'McpError',
    cause: 'The client of an MCP server is closed.',
    action: 'Close it after its runs have ended, or create another one.',
  },
  'mcp.drift': {
    class: 'ConfigError',
    cause: 'An MCP server differs from its pins in the lock file. The message lists each difference.',
    action: 'If you agree with each, pin it again: `npx pawl-mcp pin`.',
  },
  'mcp.lock': {
    class: 'ConfigError',
    cause:
      'The lock file is unreadable, or has no pins of a server where they are needed: in CI, or with `connect: "lazy"`.',
    action: 'Restore the file, or pin the server: `npx pawl-mcp pin`.',
  },
  'mcp.name': {
    class: 'ConfigError',
    cause: 'Two tools of an MCP server would have one name, because Chat Completions accepts fewer characters.',
    action: 'Leave one out with `include`.',
  },
};
