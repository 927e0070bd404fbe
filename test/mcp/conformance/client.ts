// The client that the conformance suite of MCP tests: node client.ts URL. An agent calls each tool of the server once.
// The suite names the scenario in MCP_CONFORMANCE_SCENARIO, the revision in MCP_CONFORMANCE_PROTOCOL_VERSION.
import { auth } from '@modelcontextprotocol/client';
import { Agent, type JsonObject } from '@pawl/core';
import { createMcpClient, type McpClient, McpError, type McpOptions } from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';
import { createTestProvider } from './test-provider.ts';

const url = String(process.argv.at(-1));
const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_PROTOCOL_VERSION: version = '' } = process.env;
const context: ScenarioContext = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}');

interface ScenarioContext {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
}

const provider = scenario.startsWith('auth/') ? createTestProvider(context) : undefined;
const options: McpOptions = {
  name: 'server',
  url,
  protocolVersion: version === '2026-07-28' ? { pin: version } : 'legacy',
  onElicitation: ({ mode }) =>
    mode === 'url' ? { action: 'decline' } : { action: 'accept', content: chooseContent() },
  ...(provider !== undefined && { auth: provider }),
};

/** With the scenario of defaults, the client sends nothing and its SDK adds them. */
function chooseContent(): Record<string, string | boolean> {
  return scenario.includes('defaults') ? {} : { confirmed: true, confirm: true, name: 'Ann', username: 'ann' };
}

/** Connects. If the server wants an authorization, the user authorizes, and it connects again. A server may change its authorization server meanwhile. */
async function open(): Promise<McpClient> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await createMcpClient(options);
    } catch (error) {
      if (!McpError.isInstance(error) || error.code !== 'mcp.unauthorized' || attempt > 1) throw error;
      await authorize();
    }
  }
}

async function authorize(): Promise<void> {
  const answer = provider?.takeAnswer();
  if (provider === undefined || answer === undefined) throw new Error('There is no answer of the user.');
  const authorizationCode = answer.get('code') ?? '';
  const iss = answer.get('iss');
  await auth(provider, { serverUrl: url, authorizationCode, ...(iss !== null && { iss }) });
  // It was for this answer. Next time, the server may name another authorization server.
  provider.invalidateCredentials('discovery');
}

const KNOWN_INPUTS: Readonly<Record<string, JsonObject>> = { add_numbers: { a: 5, b: 3 } };

await using client = await open();
const calls =
  context.toolCalls ?? client.definitions.map(({ name }) => ({ name, arguments: KNOWN_INPUTS[name] ?? {} }));
for (const { name, arguments: input } of calls) {
  const tool = client.tools.find((_, index) => client.definitions[index]?.name === name);
  if (tool === undefined) continue;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const model = scriptedModel(({ messages }) =>
      messages.at(-1)?.role === 'tool' ? respond.text('Done.') : respond.call(tool.name, input),
    );
    await new Agent({ model, tools: [tool] }).run('Go.');
    // The server asked for more rights, and the user has given them.
    if (provider?.hasAnswer !== true) break;
    await authorize();
  }
}
