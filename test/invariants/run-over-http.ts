import { type ChatModel, openai } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { offlineServer } from '@pawl/testing';
import { createResponder, type Scenario } from './scenario.ts';

/** Runs `work` with a model that plays the scenario over HTTP, and returns the requests too. */
export async function runOverHttp<T>(
  scenario: Scenario,
  work: (model: ChatModel) => Promise<T>,
): Promise<{ readonly value: T; readonly requests: readonly ChatRequest[] }> {
  const server = await offlineServer({ script: createResponder(scenario) });
  try {
    const value = await work(openai('m', { baseURL: server.baseURL }));
    return { value, requests: server.requests.map(({ body }) => body) };
  } finally {
    await server.close();
  }
}
