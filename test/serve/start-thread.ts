import { Agent, type ChatModel, memoryConversations, memoryHost, openai, type Tool, tool } from '@pawl/core';
import type { ServeOptions } from '@pawl/serve';
import { offlineServer, type ScriptEntries, type ScriptedResponse } from '@pawl/testing';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { type RunningServer, startServer } from './serve-agents.ts';

/** A server for AG-UI clients. */
export interface Thread extends RunningServer {
  /** The orders that were looked up. */
  readonly lookedUp: string[];
}

/** Serves an agent that looks orders up. */
export async function startThread(model: ChatModel, options: Partial<ServeOptions> = {}): Promise<Thread> {
  const lookedUp: string[] = [];
  const lookUp: Tool<unknown> = tool({
    name: 'look_up',
    description: 'Finds an order.',
    input: z.object({ order: z.string() }),
    execute: ({ order }) => {
      lookedUp.push(order);
      return `Order ${order}`;
    },
  });
  const agent = new Agent({
    name: 'support',
    model,
    tools: [lookUp],
    limits: { turns: 1_000 },
    retry: { initialDelayMs: 1 },
  });
  const host = memoryHost();
  const conversations = memoryConversations();
  const server = await startServer({ agents: [agent], faces: ['ag-ui', 'runs'], host, conversations, ...options });
  return { ...server, lookedUp };
}

/** A gate that opens at the latest when the test ends. */
export function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  onTestFinished(() => open());
  return { opened, open };
}

/** A model on a server, whose responses arrive in chunks. */
export async function createModel(script: ScriptEntries<ScriptedResponse>): Promise<ChatModel> {
  const model = await offlineServer({ script });
  onTestFinished(() => model.close());
  return openai('m', { baseURL: model.baseURL });
}
