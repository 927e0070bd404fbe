import { type OfflineServer, offlineServer, type ScriptEntries, type ScriptedResponse } from '@pawl/testing';
import { onTestFinished } from 'vitest';

/** Starts a server of a model that follows the script. It is closed after the test. */
export async function startOfflineServer(script: ScriptEntries<ScriptedResponse>): Promise<OfflineServer> {
  const server = await offlineServer({ script });
  onTestFinished(() => server.close());
  return server;
}
