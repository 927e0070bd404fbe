import { Chat } from '@ai-sdk/react';
import { Agent, type AgentOptions, openai, tool } from '@pawl/core';
import { type ServeOptions, serve } from '@pawl/serve';
import type { UiMessage } from '@pawl/serve/encode';
import { offlineServer, type ScriptEntries, type ScriptedResponse } from '@pawl/testing';
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type UIMessage,
  validateUIMessages,
} from 'ai';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';

export interface StoredChat {
  readonly messages: readonly UiMessage[];
  readonly run: { readonly id: string; readonly status: string } | null;
  readonly pending: readonly { readonly id: string; readonly fingerprint: string }[];
}

export interface Shop {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly paid: string[];
  /** Opens a page: with the messages that the server has. */
  readonly open: (chat: string) => Promise<Chat<UIMessage>>;
  readonly read: (chat: string) => Promise<StoredChat>;
}

interface ShopOptions extends Omit<ServeOptions, 'agents'> {
  readonly agent?: Pick<AgentOptions<unknown, never>, 'retry' | 'middleware' | 'tools'>;
}

/** Serves an agent whose model follows the script. */
export async function openShop(script: ScriptEntries<ScriptedResponse>, options: ShopOptions = {}): Promise<Shop> {
  const { agent: changes, ...served } = options;
  const model = await offlineServer({ script });
  onTestFinished(() => model.close());
  const paid: string[] = [];
  const agent = new Agent({
    name: 'support',
    model: openai('m', { baseURL: model.baseURL }),
    tools: [
      tool({
        name: 'refund',
        description: 'Pays an order back.',
        input: z.object({ order: z.string() }),
        needsApproval: true,
        async execute({ order }) {
          paid.push(order);
          return { paid: order };
        },
      }),
      tool({
        name: 'look_up',
        description: 'Finds an order.',
        input: z.object({ order: z.string() }),
        effect: 'read',
        execute: async ({ order }) => ({ order, cents: 2_900 }),
      }),
      tool({ name: 'get_location', description: 'Where the user is.', input: z.object({}) }),
    ],
    ...changes,
  });
  const server = serve({ agents: [agent], ...served });
  onTestFinished(() => server.close());
  const fetch = (request: Request): Promise<Response> => server.fetch(request);
  const request = (path: string | URL | Request, init?: RequestInit): Promise<Response> =>
    fetch(new Request(new URL(String(path), 'http://localhost'), init));
  const read = async (chat: string): Promise<StoredChat> =>
    (await request(`/v1/conversations/${chat}?format=ui`)).json() as Promise<StoredChat>;
  return {
    fetch,
    paid,
    read,
    open: async (id) => {
      const { messages } = await read(id);
      return new Chat<UIMessage>({
        id,
        messages: JSON.parse(JSON.stringify(messages)) as UIMessage[],
        transport: new DefaultChatTransport({ api: '/api/chat', fetch: request }),
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
      });
    },
  };
}

/** What a person reads in a message. */
export function show({ role, parts }: Pick<UIMessage, 'role' | 'parts'>): string {
  const shown = parts.flatMap((part) => {
    if (part.type === 'text') return [part.text];
    if (part.type === 'dynamic-tool') return [`${part.toolName}: ${part.state}`];
    return part.type === 'steering-message' ? [`> ${JSON.stringify(part.parts)}`] : [];
  });
  return `${role}: ${shown.join(' | ')}`;
}

export const NOTHING: Pick<UIMessage, 'role' | 'parts'> = { role: 'user', parts: [] };

/** A page that is loaded again shows the same messages. */
export async function expectSameAfterReload(shop: Shop, chat: Chat<UIMessage>): Promise<void> {
  const { messages } = await shop.open(chat.id);
  await validateUIMessages({ messages });
  expect(messages.map(show)).toEqual(chat.messages.map(show));
  expect(JSON.parse(JSON.stringify(messages.at(-1)))).toEqual(JSON.parse(JSON.stringify(chat.messages.at(-1))));
}

export async function answerPending(chat: Chat<UIMessage>, approved: boolean): Promise<void> {
  for (const part of chat.messages.at(-1)?.parts ?? []) {
    if (part.type !== 'dynamic-tool' || part.state !== 'approval-requested') continue;
    await chat.addToolApprovalResponse({ id: part.approval.id, approved });
  }
  await expect.poll(() => chat.status).toBe('ready');
}

/** Sends a request as JSON. */
export function send(shop: Shop, [method, path, body]: readonly [string, string, object?]): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return shop.fetch(new Request(`http://localhost${path}`, { method, headers, ...sent }));
}
