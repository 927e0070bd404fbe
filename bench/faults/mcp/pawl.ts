import { join } from 'node:path';
import { Agent, type Host, openai } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createMcpClient, type McpClient } from '@pawl/mcp';
import type { McpFramework, McpQuestion } from './mcp-framework.ts';

const RUN = 'the-run';

/** Pawl with its defaults, on a host that outlives the process. */
export const pawl: McpFramework = {
  ask: (question) =>
    withAgent(question, async (agent, host) => {
      const { text } = await agent.run(question.prompt, { host, runId: RUN, signal: question.signal });
      return { text };
    }),
  answer: (question) =>
    withAgent(question, async (agent, host) => {
      const { outcome } = await host.getRun(RUN);
      for (const { id, fingerprint } of outcome?.status === 'suspended' ? outcome.pending : []) {
        const value = { size: { action: 'accept', content: { size: 'large' } } };
        await host.answer(RUN, id, { type: 'resume', fingerprint, value });
      }
      const { text } = await agent.resume(RUN, { host, signal: question.signal });
      return { text };
    }),
};

async function withAgent<Result>(
  { baseURL, servers, folder }: McpQuestion,
  use: (agent: Agent, host: Host) => Promise<Result>,
): Promise<Result> {
  const clients: McpClient[] = [];
  const host = sqliteHost(join(folder, 'runs.db'));
  try {
    for (const server of servers) clients.push(await createMcpClient(server));
    const tools = clients.flatMap((client) => client.tools);
    return await use(new Agent({ model: openai('any', { baseURL, apiKey: 'none' }), tools }), host);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await host.close();
  }
}
