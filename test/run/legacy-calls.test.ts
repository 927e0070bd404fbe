import { Agent, type JsonObject, openai, type RunEvent } from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { manualClock, offlineServer, respond, type ScriptedResponse, type ScriptFunction } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { waitForDeadlines } from '../quiet.ts';
import { weather } from './weather.ts';

const ARGUMENTS = '{"city":"Oslo"}';

/** What a server from before tools answers, streamed where that was asked for. */
function legacy(...deltas: readonly Json[]): ScriptFunction<ScriptedResponse> {
  return ({ stream }) => {
    const frame = { id: 'r', created: 1, model: 'm' };
    if (stream !== true) {
      const message = {
        role: 'assistant',
        content: null,
        function_call: { name: 'get_weather', arguments: ARGUMENTS },
      };
      const choices = [{ index: 0, message, finish_reason: 'function_call' }];
      return respond.body({ ...frame, object: 'chat.completion', choices, usage: USED });
    }
    const chunk = (delta: Json, finish_reason: string | null = null): JsonObject => {
      return { ...frame, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
    };
    const pieces = deltas.map((delta) => chunk(delta));
    return respond.sse([...pieces, { ...chunk({}, 'function_call'), usage: USED }, 'data: [DONE]\n\n']);
  };
}

const USED = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const STREAMS: readonly (readonly [string, readonly Json[]])[] = [
  [
    'in pieces',
    [
      { role: 'assistant', content: null, function_call: { name: 'get_weather', arguments: '' } },
      { function_call: { arguments: '{"city":' } },
      { function_call: { arguments: '"Oslo"}' } },
    ],
  ],
  ['at once', [{ role: 'assistant', function_call: { name: 'get_weather', arguments: ARGUMENTS } }]],
  [
    'with its name in each piece',
    [
      { function_call: { name: 'get_weather', arguments: '{"city":' } },
      { function_call: { name: 'get_weather', arguments: '"Oslo"}' } },
    ],
  ],
];

interface ReceivedRun {
  readonly messages: readonly Message[];
  readonly status: string;
  readonly sent: readonly unknown[];
  readonly events: readonly RunEvent[];
}

async function received(
  script: readonly (ScriptedResponse | ScriptFunction<ScriptedResponse>)[],
  stream: boolean,
): Promise<ReceivedRun> {
  const server = await offlineServer({ script });
  try {
    const clock = manualClock();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), tools: [weather], clock });
    const run = agent.run('Rain?', { stream });
    const events: RunEvent[] = [];
    run.on('*', (event) => events.push(event));
    const { messages, status } = await run.outcome();
    await waitForDeadlines(clock);
    return { messages, status, sent: server.requests.map(({ body }) => body.messages), events };
  } finally {
    await server.close();
  }
}

/** As a tool call, the reply as well as what goes back: servers from after tools take that, and only that. */
const CONVERSATION: readonly Message[] = [
  { role: 'user', content: 'Rain?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_0_0', type: 'function', function: { name: 'get_weather', arguments: ARGUMENTS } }],
  },
  { role: 'tool', tool_call_id: 'call_0_0', content: 'Rain in Oslo.' },
];
const RAIN: Message = { role: 'assistant', content: 'It rains.' };

describe.each(STREAMS)('a legacy function_call, streamed %s', (_, deltas) => {
  test.each([true, false])('completes like a tool call, stream: %s', async (stream) => {
    const { messages, status, sent } = await received([legacy(...deltas), respond.text('It rains.')], stream);

    expect(status).toBe('completed');
    expect(messages).toEqual([...CONVERSATION, RAIN]);
    expect(sent).toEqual([CONVERSATION.slice(0, 1), CONVERSATION]);
  });
});

test('reports a response in the legacy form as a repair', async () => {
  const { events } = await received([legacy(), respond.text('It rains.')], false);
  const mends = events.flatMap((event) => (event.type === 'response.repaired' ? event.repairs : []));

  expect(mends).toContainEqual({ path: 'choices[0].message.function_call', note: 'read as a tool call' });
});

test('gives legacy calls of several turns different ids', async () => {
  const [, deltas] = STREAMS[0] ?? ['', []];
  const { messages, status } = await received([legacy(...deltas), legacy(...deltas), respond.text('It rains.')], true);
  const ids = messages.flatMap((message) =>
    message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [],
  );

  expect(status).toBe('completed');
  expect(ids).toEqual(['call_0_0', 'call_0_0_2']);
});
