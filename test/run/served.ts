import { setImmediate } from 'node:timers/promises';
import { type ChatModel, openai } from '@pawl/core';
import { type ManualClock, type OfflineServer, offlineServer, type Reply, type ScriptEntries } from '@pawl/testing';

/** Does something with a model that answers by the script, over HTTP. */
export async function served<T>(
  script: ScriptEntries<Reply>,
  work: (model: ChatModel, server: OfflineServer) => Promise<T>,
): Promise<T> {
  const server = await offlineServer({ script });
  try {
    return await work(openai('m', { baseURL: server.baseURL }), server);
  } finally {
    await server.close();
  }
}

/** Until no deadline runs any more: the rest of a stream is read behind its reply, under one. */
export async function quiet(clock: ManualClock): Promise<void> {
  for (let turns = 0; clock.pending > 0 && turns < 100; turns++) await setImmediate();
}
