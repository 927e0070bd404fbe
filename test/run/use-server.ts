import { type ChatModel, openai } from '@pawl/core';
import { type OfflineServer, offlineServer, type ScriptEntries, type ScriptedResponse } from '@pawl/testing';

/** Does something with a model that answers by the script, over HTTP. */
export async function useServer<T>(
  script: ScriptEntries<ScriptedResponse>,
  work: (model: ChatModel, server: OfflineServer) => Promise<T>,
): Promise<T> {
  const server = await offlineServer({ script });
  try {
    return await work(openai('m', { baseURL: server.baseURL }), server);
  } finally {
    await server.close();
  }
}
