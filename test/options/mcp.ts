import { createMcpClient } from '@pawl/mcp';
import { createAgentServer } from '@pawl/mcp/server';
import { agent, type Factory } from './factory.ts';

/** A server without tools. */
export const client = {
  listTools: async () => ({ tools: [] }),
  callTool: async () => ({ content: [] }),
  close: async () => {},
};

export const mcp: readonly Factory[] = [
  {
    name: 'createMcpClient',
    covers: ['McpOptions', 'McpBaseOptions', 'McpCommandOptions', 'McpUrlOptions', 'McpClientOptions'],
    make: createMcpClient,
    valid: { name: 'server', client },
    wrong: [
      [{ name: 'a b' }, 'name is "a b". Pass 1 to 40 letters'],
      [{ name: undefined }, 'name is undefined.'],
      [{ command: 'node' }, 'there is command and client. Pass one of command, url and client.'],
      [{ client: undefined }, 'there is no source. Pass one of command, url and client.'],
      [{ args: [] }, 'args has no use with client. It belongs to command.'],
      [{ protocolVersion: { pin: '2025-11-25' } }, 'the pin "2025-11-25". Pass { pin: "2026-07-28" }, or "legacy"'],
      [{ client: undefined, url: 'file:///a' }, 'url is "file:///a". Pass an http or https URL.'],
      [{ client: undefined, command: 'node', headers: {} }, 'headers has no use with command.'],
      [{ connect: 'lazy' }, 'connect is "lazy" without lockFile.'],
      [{ isolation: 'run' }, 'isolation is "run" with client.'],
      [{ annotations: 'obey' }, 'annotations is the text "obey". Pass "ignore" or "trust", or a function.'],
      [{ onDrift: 'warn' }, 'onDrift is the text "warn". Pass "fail" or "omit".'],
      [{ onElicitation: 'ask' }, 'onElicitation is the text "ask". Pass "suspend" or "decline", or a function.'],
      [{ timeoutMs: 0 }, 'timeoutMs is 0. Pass a number of milliseconds'],
      [{ idleTimeoutMs: 2 ** 31 }, 'idleTimeoutMs is 2147483648.'],
      [{ timeout: 5 }, 'The options are "timeoutMs" and "idleTimeoutMs".'],
      [{ transport: {} }, 'The options are "command" or "url".'],
      [{ allowedTools: [] }, 'The option is "include".'],
      [{ include: ['absent'] }, 'include names "absent", which it does not have. It has no tools.'],
    ],
  },
  {
    name: 'createAgentServer',
    covers: ['AgentServerOptions'],
    make: (options) => createAgentServer([{ agent, description: 'Helps.' }], options),
    valid: { name: 'server', secret: 'a secret of at least thirty-two bytes' },
    isOptional: true,
    wrong: [
      [{ secret: 'short' }, 'secret has 5 bytes. Pass at least 32 random bytes'],
      [{ hostnames: ['agents.example'] }, 'hostnames has "agents.example", and there is no authorize'],
      [{ answerTimeoutMs: 5 }, 'answerTimeoutMs is 5. Pass at least 1000.'],
      [{ allowedHosts: [] }, 'The option is "hostnames".'],
      [{ auth: () => undefined }, 'The option is "authorize".'],
    ],
  },
  {
    name: 'createAgentServer, agents',
    covers: ['ServedAgent'],
    make: (options) => createAgentServer([options]),
    valid: { agent, description: 'Helps.' },
    wrong: [
      [{ agent: {} }, 'agents[0]: agent is no Agent.'],
      [{ description: undefined }, 'agent "agent" has no description, by which clients choose it.'],
      [{ name: 'a b' }, 'the name "a b" cannot be that of a tool.'],
      [{ inputSchema: {} }, 'The option is "input".'],
    ],
  },
];
