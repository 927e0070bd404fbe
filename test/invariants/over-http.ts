import { type ChatModel, openai } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { offlineServer } from '@pawl/testing';
import { responder, type Scenario } from './scenario.ts';

/** Does something with a model that tells the scenario's story over HTTP; gives what it was asked as well. */
export async function overHttp<T>(
  scenario: Scenario,
  work: (model: ChatModel) => Promise<T>,
): Promise<{ readonly value: T; readonly requests: readonly ChatRequest[] }> {
  const server = await offlineServer({ script: responder(scenario) });
  try {
    const value = await work(openai('m', { baseURL: server.baseURL }));
    return { value, requests: server.requests.map(({ body }) => body) };
  } finally {
    await server.close();
  }
}
