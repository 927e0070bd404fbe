import { Agent, type JsonObject, type Outcome, type RunEvent, type RunOptions } from '@pawl/core';
import type { EventOf } from '@pawl/core/events';
import {
  createMcpClient,
  type McpBaseOptions,
  type McpClient,
  type McpCommandOptions,
  type McpOptions,
} from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';
import { onTestFinished } from 'vitest';
import { type LegacyHttpServer, openLegacyHttpServer } from './legacy-http-server.ts';
import { type ModernServer, openModernServer } from './modern-server.ts';
import { stubCommand } from './stub-command.ts';

/** Connects, and closes the client after the test. */
export async function connect(options: McpOptions): Promise<McpClient> {
  const client = await createMcpClient(options);
  onTestFinished(() => client.close());
  return client;
}

/** Connects to a stub server of its own. */
export function connectStub(
  options: Partial<McpBaseOptions & McpCommandOptions> = {},
  ...args: readonly string[]
): Promise<McpClient> {
  return connect({ name: 'stub', ...stubCommand(...args), ...options });
}

/** Starts a server of the revision 2025-11-25, and closes it after the test. */
export async function startLegacyHttpServer(): Promise<LegacyHttpServer> {
  const server = await openLegacyHttpServer();
  onTestFinished(() => server.close());
  return server;
}

/** Starts a server of the revision 2026-07-28, and closes it after the test. */
export async function startModernServer(options?: { readonly port?: number }): Promise<ModernServer> {
  const server = await openModernServer(options);
  onTestFinished(() => server.close());
  return server;
}

export interface CallReport {
  readonly events: readonly RunEvent[];
  readonly outcome: Outcome<unknown>;
  /** What the model read, without the marks of untrusted content. */
  readonly content: string;
  readonly failed: EventOf<'tool.failed'> | undefined;
}

/** Runs an agent whose model calls one tool. */
// biome-ignore lint/complexity/useMaxParams: most tests pass two
export async function callTool(
  client: Pick<McpClient, 'tools'>,
  name: string,
  input: JsonObject = {},
  options: RunOptions = {},
): Promise<CallReport> {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call(name, input),
  );
  const run = new Agent({ name: 'caller', model, tools: client.tools }).run('Go.', options);
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  const outcome = await run.outcome();
  const result = outcome.messages.find(({ role }) => role === 'tool');
  const failed = events.find((event) => event.type === 'tool.failed');
  return { events, outcome, content: withoutMarks(String(result?.content)), failed };
}

export function withoutMarks(text: string): string {
  return text.replaceAll(/^\[(begin|end) of untrusted content.*\]\n?/gm, '').trim();
}
