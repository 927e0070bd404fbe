import { memoryHost, type RunEvent } from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { createEventReader } from '@pawl/core/host';
import { describe, expect, test } from 'vitest';
import { foldRows } from '../../packages/inspector/src/page/view/fold-rows.ts';
import { foldTurn, listTurns } from '../../packages/inspector/src/page/view/fold-turn.ts';
import { runOverHttp } from '../invariants/run-over-http.ts';
import { runScenario } from '../invariants/run-scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';

describe.each(scenarios)('$name', (scenario) => {
  test('each turn shows the conversation that was sent, and each call has a bar', async () => {
    const host = memoryHost();
    const { requests } = await runOverHttp(scenario, (model) => runScenario(scenario, { model, host }));
    const events = await readEvents(host);

    const sent = new Set(requests.map(({ messages }) => describeConversation(messages)));
    const turns = listTurns(events).map((place) => foldTurn(events, place));
    for (const turn of turns) {
      if (turn?.response === undefined) continue;
      expect(sent).toContain(describeConversation(turn.conversation.map(({ message }) => message)));
    }
    const calls = events.filter(({ type }) => /^tool\.(finished|failed|skipped)$/.test(type));
    const { rows } = foldRows(events, { createdAt: 0, now: 0, isAtRest: true });
    expect(rows.filter(({ kind }) => kind === 'call')).toHaveLength(calls.length);
    expect(rows.filter(({ state }) => state === 'running')).toEqual([]);
  });
});

async function readEvents(host: ReturnType<typeof memoryHost>): Promise<readonly RunEvent[]> {
  const { record, events } = await host.getRun('run');
  const complete = createEventReader(record);
  return events.map((event) => complete(event));
}

/** The texts of a conversation: instructions are shown apart from it, and each server gets other fields. */
function describeConversation(messages: readonly Message[]): string {
  const conversation = messages.filter(({ role }) => role !== 'system' && role !== 'developer');
  return conversation
    .map((message) => `${message.role}: ${JSON.stringify(toText(message.content ?? null))}`)
    .join('\n');
}

function toText(content: unknown): Json {
  // The loop adds to a result that parallel calls of its turn conflict with. The journal does not have that, and the wire log does.
  if (typeof content === 'string') return content.replace(/\nIts changes of the state were not kept.*/, '') || null;
  if (!Array.isArray(content)) return null;
  return content.map((part: { readonly text?: string; readonly type: string }) => part.text ?? part.type);
}
