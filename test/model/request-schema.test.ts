import { openai } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { offlineServer, respond, type ScriptedResponse } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { runOverHttp } from '../invariants/run-over-http.ts';
import { runScenario } from '../invariants/run-scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { chunkProblems, errorProblems, requestProblems, responseProblems } from '../reference/validators.ts';
import { everyField, everyMessage, everyToolChoice } from './every-field.ts';
import { helloJson } from './hello.ts';
import { serve } from './test-server.ts';

/** The body that a server gets with the OpenAI profile. */
async function sent(request: ChatRequest): Promise<Record<string, unknown>> {
  const server = await serve(helloJson);
  await openai('gpt-5-mini', { baseURL: server.baseURL, profile: 'openai', apiKey: 'k' }).send(request);
  return JSON.parse(server.received[0]?.text ?? '');
}

const user: ChatRequest['messages'] = [{ role: 'user', content: 'Hi' }];

describe('a request matches the reference schema', () => {
  test.each(everyMessage)('with each form of a message: $role', async (message) => {
    const body = await sent({ messages: [message] });
    expect([requestProblems(body), body['messages']]).toEqual([[], [message]]);
  });

  test.each(everyToolChoice)('with the choice %j', async (toolChoice) => {
    const { tools = [] } = everyField;
    const body = await sent({ messages: user, tools, tool_choice: toolChoice });
    expect([requestProblems(body), body]).toEqual([
      [],
      { model: 'gpt-5-mini', messages: user, tools, tool_choice: toolChoice },
    ]);
  });

  test('with every field at once', async () => {
    const body = await sent({ ...everyField, messages: user });
    // The older name of a field is never sent with the newer one.
    const { max_tokens: _, ...fields } = everyField;
    expect([requestProblems(body), body]).toEqual([[], { model: 'gpt-5-mini', messages: user, ...fields }]);
  });

  test.each(scenarios)('in every turn of a run, streamed and unstreamed: $name', async (scenario) => {
    for (const stream of [true, false]) {
      const { requests } = await runOverHttp(scenario, (model) => runScenario(scenario, { model, stream }));
      expect(requests.length).toBeGreaterThan(0);
      expect(requests.flatMap((request) => requestProblems({ model: 'm', ...request }))).toEqual([]);
    }
  });

  test('and an invalid request does not match', () => {
    expect(requestProblems({ model: 'm', messages: user, temprature: 1 })).toEqual([
      '/ must NOT have unevaluated properties {"unevaluatedProperty":"temprature"}',
    ]);
    expect(requestProblems({ model: 'm', messages: [{ role: 'tool', content: 'x' }] })).not.toEqual([]);
    expect(requestProblems({ model: 'm', messages: user, temperature: 3 })).not.toEqual([]);
  });
});

const script: readonly (readonly [string, ScriptedResponse])[] = [
  ['a text', respond.text('Hello there.')],
  ['calls', respond.calls([{ name: 'look' }, { name: 'look', arguments: { a: 1 } }], { text: 'So.' })],
  ['a refusal', respond.refusal('No.')],
  ['a cut text', respond.truncated('Hel')],
];

describe('responses of the offline server match the reference schema', () => {
  test.each(script)('%s', async (_, entry) => {
    const server = await offlineServer({ script: [entry, entry] });
    const ask = async (stream: boolean): Promise<string> => {
      const tools = [{ type: 'function', function: { name: 'look' } }];
      const body = JSON.stringify({
        model: 'm',
        messages: user,
        tools,
        stream,
        stream_options: { include_usage: true },
      });
      const answered = await fetch(`${server.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: stream ? body : body.replace(/,"stream_options":\{[^}]*\}/, ''),
      });
      return answered.text();
    };
    const chunks = [...(await ask(true)).matchAll(/^data: (\{.*)$/gm)].map(([, json = '']) => JSON.parse(json));
    expect(responseProblems(JSON.parse(await ask(false)))).toEqual([]);
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.flatMap((chunk) => chunkProblems(chunk))).toEqual([]);
    await server.close();
  });

  test('an error', async () => {
    const server = await offlineServer({ script: [respond.httpError(429)] });
    const answered = await fetch(`${server.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: user }),
    });
    expect([answered.status, errorProblems(await answered.json())]).toEqual([429, []]);
    await server.close();
  });
});
