import { openai } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { offlineServer, respond, type ScriptedModelResponse } from '@pawl/testing';
import { onTestFinished } from 'vitest';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { faultsOf } from './strict-servers.ts';

/** A vendor's server that answers by a script, and refuses what the vendor refuses. */
export async function strictServer(
  profile: ProfileName,
  script: readonly ScriptedModelResponse[],
  rest: ScriptedModelResponse = respond.text('Done.'),
) {
  const left = [...script];
  const texts: string[] = [];
  const faults: string[] = [];
  const server = await offlineServer({
    checks: 'none',
    script: (request) => {
      const text = JSON.stringify(request);
      texts.push(text);
      const found = faultsOf(text, profile);
      faults.push(...found);
      return found.length > 0 ? respond.httpError(400, { message: found.join('; ') }) : (left.shift() ?? rest);
    },
  });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'k', profile });
  const sent = (at: number): readonly Message[] => JSON.parse(texts.at(at) ?? '{}').messages;
  return {
    model,
    server,
    faults,
    sent,
    roles: (at: number) =>
      sent(at)
        .map(({ role }) => role)
        .join(' '),
  };
}
