import { Agent, type Run, tool } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { type CallEntry, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Called with each action of a process for a run, before the next one begins. May never return. */
export type Mark = (runId: string, what: string) => void;

const city = z.object({ city: z.string() });

/** Six turns: parallel calls, a call with invalid input, one that needs approval, an agent as a tool. */
const TURNS: readonly (readonly CallEntry[])[] = [
  [
    { name: 'look', arguments: { city: 'Oslo' } },
    { name: 'pay', arguments: { city: 'Amsterdam' } },
    { name: 'book', arguments: { city: 'Bonn' } },
  ],
  [{ name: 'book', arguments: { town: 'Bonn' } }],
  [
    { name: 'book', arguments: { city: 'Bonn' } },
    { name: 'guide', arguments: { prompt: 'Guide me.' } },
  ],
  [
    { name: 'fly', arguments: { city: 'Oslo' } },
    { name: 'look', arguments: { city: 'Rome' } },
  ],
  [{ name: 'pay', arguments: { city: 'Oslo' } }],
];

/** The calls of the nested agent. */
const GUIDED: readonly (readonly CallEntry[])[] = [
  [
    { name: 'pay', arguments: { city: 'Bern' } },
    { name: 'look', arguments: { city: 'Bern' } },
  ],
];

/** Creates an agent that marks each of its actions. The same in every process and on every host. */
export function createTraveller(mark: Mark): Agent {
  const createExecute = (name: string) => {
    return async (
      { city: where }: { readonly city: string },
      { idempotencyKey }: { readonly idempotencyKey: string },
    ) => {
      const [runId = ''] = idempotencyKey.split('/', 1);
      mark(runId, `start ${name} ${idempotencyKey}`);
      await new Promise((resolve) => setTimeout(resolve, where.length));
      mark(runId, `end ${name} ${idempotencyKey}`);
      return `${name} ${where}`;
    };
  };
  const given = { input: city, description: 'Does it.' };
  const look = tool({ ...given, name: 'look', effect: 'read', execute: createExecute('look') });
  const book = tool({ ...given, name: 'book', effect: 'idempotent', execute: createExecute('book') });
  const pay = tool({ ...given, name: 'pay', effect: 'non-idempotent', execute: createExecute('pay') });
  const fly = tool({
    ...given,
    name: 'fly',
    effect: 'non-idempotent',
    needsApproval: true,
    execute: createExecute('fly'),
  });
  const model = scriptedModel((request, { runId = '' }) => answer(request, (what) => mark(runId, what)));
  const guide = new Agent({ name: 'guide', model, tools: [look, pay] });
  const guiding = guide.asTool({ name: 'guide', description: 'Guides.' });
  return new Agent({ name: 'traveller', model, tools: [look, book, pay, fly, guiding] });
}

function answer({ messages }: ChatRequest, mark: (what: string) => void): ScriptedModelResponse {
  const isGuide = messages.some(({ role, content }) => role === 'user' && content === 'Guide me.');
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  mark(`ask ${isGuide ? 'guide' : 'traveller'} ${turn}`);
  const calls = (isGuide ? GUIDED : TURNS)[turn];
  if (calls === undefined) return respond.text('All done.');
  return respond.calls(calls.map((call, index) => ({ ...call, id: `${isGuide ? 'guide' : 'call'}_${turn}_${index}` })));
}

/** Marks each recorded event. */
export function watch(run: Run<unknown>, mark: Mark): void {
  run.on('*', (event) => {
    if (event.replayed === true || !('activeMs' in event)) return;
    const path = event.path === '' ? '' : `${event.path}/`;
    mark(run.runId, 'content' in event ? `kept ${path}tool:${event.turn}.${event.index}` : `kept ${path}${event.type}`);
  });
}
