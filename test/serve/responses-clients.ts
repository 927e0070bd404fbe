import { Agent, memoryHost } from '@pawl/core';
import type { ServeOptions } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { authorize, startServer } from './serve-agents.ts';

export type ResponseBody = OpenAI.Responses.Response;

/** A client of a server with this face. */
export async function createClient(options: ServeOptions, apiKey = 'unused'): Promise<OpenAI> {
  const { url } = await startServer({ host: memoryHost(), faces: ['responses'], ...options });
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

/** Clients of several principals of one server. */
export async function createClients(options: ServeOptions): Promise<(key: string) => OpenAI> {
  const { url } = await startServer({ host: memoryHost(), faces: ['responses'], authorize, ...options });
  return (apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

export const catchError = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

/** An agent whose model waits until the test lets it go on. */
export function createHeldAgent(): { readonly agent: Agent; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  const model = scriptedModel([respond.delayed(respond.text('The end.'), { until: promise })]);
  return { agent: new Agent({ name: 'held', model }), release: resolve };
}

/** Removes what the client adds to the items of a stream. */
export function withoutParsed(item: object): object {
  if (!('content' in item) || !Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map(({ parsed: _, ...part }) => part) };
}
