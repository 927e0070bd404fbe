import { openai } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { offlineServer, respond, type ScriptedModelResponse } from '@pawl/testing';
import { onTestFinished } from 'vitest';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { findFaults } from './strict-servers.ts';

/** Starts a scripted server that refuses what the vendor refuses. */
export async function startStrictServer(
  profile: ProfileName,
  script: readonly ScriptedModelResponse[],
  rest: ScriptedModelResponse = respond.text('Done.'),
) {
  const remaining = [...script];
  const texts: string[] = [];
  const faults: string[] = [];
  const server = await offlineServer({
    checks: 'none',
    script: (request) => {
      const text = JSON.stringify(request);
      texts.push(text);
      const found = findFaults(text, profile);
      faults.push(...found);
      return found.length > 0 ? respond.httpError(400, { message: found.join('; ') }) : (remaining.shift() ?? rest);
    },
  });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'k', profile });
  const readSentMessages = (at: number): readonly Message[] => JSON.parse(texts.at(at) ?? '{}').messages;
  return {
    model,
    server,
    faults,
    readSentMessages,
    roles: (at: number) =>
      readSentMessages(at)
        .map(({ role }) => role)
        .join(' '),
  };
}
