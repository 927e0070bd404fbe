import { Agent, contentParts, type Outcome, tool } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createChatModel, createPlainModel } from './chat-model.ts';
import { serveVendor } from './serve-vendor.ts';
import type { VendorServer } from './vendor-server.ts';
import { wires } from './vendors.ts';
import { createWeatherAgent, WEATHER_TURNS } from './weather-agent.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const WEATHER = {
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
} as const;

describe.each(wires)('$name', (vendor) => {
  async function play(stream: boolean) {
    const server = await serveVendor(vendor, { turns: WEATHER_TURNS });
    const agent = createWeatherAgent(vendor, server.baseURL);
    const run = agent.run('How is the weather?', { stream });
    const events: string[] = [];
    for await (const event of run) if (event.type.endsWith('.delta')) events.push(event.type);
    return { outcome: await run.outcome(), server, events };
  }

  test.each([false, true])(
    'gets its signatures back over three turns with parallel calls, streamed: %s',
    async (stream) => {
      const { outcome, server, events } = await play(stream);
      expect(server.faults).toEqual([]);
      expect(outcome).toMatchObject({
        status: 'completed',
        text: 'It is 4 degrees everywhere.',
        turnCount: 3,
        toolCallCount: 3,
      });
      expect(outcome.usage).toMatchObject({
        inputTokens: 300,
        cachedInputTokens: 60,
        outputTokens: 90,
        estimated: false,
      });
      expect(new Set(events)).toEqual(new Set(['text.delta', 'reasoning.delta', 'tool_call.delta']));
    },
  );

  test('gives the same messages and requests streamed and not', async () => {
    const [whole, streamed] = [await play(false), await play(true)];
    expect(listVisible(streamed.outcome)).toEqual(listVisible(whole.outcome));
    expect(listBodies(streamed.server)).toEqual(listBodies(whole.server));
  });

  test('sends the images of a tool inside the result of its call', async () => {
    const server = await serveVendor(vendor, { turns: WEATHER_TURNS });
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } } as const;
    const draw = tool({
      ...WEATHER,
      execute: ({ city }) => contentParts({ type: 'text', text: `A map of ${city}.` }, image),
    });
    const agent = new Agent({ model: createChatModel(vendor, server.baseURL), tools: [draw] });
    const { status } = await agent.run('How is the weather?').outcome();
    expect({ status, faults: server.faults }).toEqual({ status: 'completed', faults: [] });
    const body = JSON.stringify(server.requests[1]?.body);
    expect(body.split(PNG)).toHaveLength(3);
    expect(body).not.toContain('From get_weather (');
    expect(body).toContain('A map of Rome.');
  });

  test('returns structured output', async () => {
    const answer = { degrees: 4, city: 'Oslo' };
    const server = await serveVendor(vendor, { turns: [{ text: JSON.stringify(answer) }] });
    const output = z.object({ degrees: z.number(), city: z.string() });
    const agent = new Agent({ model: createPlainModel(vendor, server.baseURL), output });
    expect(await agent.run('How is the weather?').outcome()).toMatchObject({ status: 'completed', output: answer });
    expect(JSON.stringify(server.requests[0]?.body)).toMatch(/"degrees":\{"type":"number"/i);
  });

  test('continues a conversation without thinking for a turn that has none', async () => {
    const calls = [{ name: 'get_weather', input: { city: 'Oslo' } }];
    const server = await serveVendor(vendor, {
      turns: [{ thinking: 'Hm.', text: 'Yes.' }, { thinking: 'Look.', calls }, { text: 'Cold.' }],
    });
    const agent = createWeatherAgent(vendor, server.baseURL);
    const first = await agent.run('Can you look?');
    const second = await agent.run([...first.messages, { role: 'user', content: 'Then look.' }]).outcome();
    expect(server.faults).toEqual([]);
    expect(second).toMatchObject({ status: 'completed', text: 'Cold.' });
  });
});

/** The messages without what only the provider reads: a stream may report it in other places. */
function listVisible({ messages }: Outcome<unknown>): readonly object[] {
  return messages.map((message) => ({ ...message, pawl_kept: undefined }));
}

/** Without what only a streamed request has. */
function listBodies({ requests }: VendorServer): readonly string[] {
  const omit = (name: string, value: unknown): unknown =>
    name === 'stream' || name === 'eager_input_streaming' ? undefined : value;
  return requests.map(({ body }) => JSON.stringify(body, omit));
}
