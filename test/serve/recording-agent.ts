import { Agent } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { respond, scriptedModel } from '@pawl/testing';

export interface RecordingAgent {
  readonly agent: Agent;
  /** What the model was asked. */
  readonly requests: readonly ChatRequest[];
}

/** An agent with instructions that records its requests. */
export function createRecordingAgent(): RecordingAgent {
  const requests: ChatRequest[] = [];
  const model = scriptedModel((request) => {
    requests.push(request);
    return respond.text('Noted.');
  });
  return { agent: new Agent({ name: 'recorder', instructions: 'Take notes.', model }), requests };
}
