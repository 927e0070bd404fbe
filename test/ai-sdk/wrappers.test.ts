import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromAiSdk } from '@pawl/ai-sdk';
import { Agent, memoryResponseCache, openai, withCache, withConcurrency, withFallback } from '@pawl/core';
import { toolSearch } from '@pawl/core/middleware';
import { offlineServer, respond } from '@pawl/testing';
import { cassette } from '@pawl/testing/cassette';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { tools } from '../run/two-hundred-tools.ts';
import { serveVendor } from './serve-vendor.ts';
import { vendors } from './vendors.ts';
import { createWeatherAgent, createWeatherTool, WEATHER_TURNS } from './weather-agent.ts';

const request = { messages: [{ role: 'user', content: 'Hi.' }] } as const;
const PRICE = { input: 10_000, output: 20_000, cachedInput: 1_000 };

describe.each(vendors)('$name', (vendor) => {
  test('withCache returns a response with what the provider needs back', async () => {
    const server = await serveVendor(vendor, { turns: [{ thinking: 'Hm.', text: 'Hi.' }] });
    const model = withCache(
      fromAiSdk(vendor.createModel(server.baseURL), { cacheKey: vendor.name }),
      memoryResponseCache(),
    );
    const [first, second] = [await model.send(request), await model.send(request)];
    expect(second.choices).toEqual(first.choices);
    expect(first.choices[0].message.pawl_kept).toMatchObject({ provider: vendor.provider });
    expect(server.requests).toHaveLength(1);
  });

  test('withCache shares nothing between models without a key', async () => {
    const server = await serveVendor(vendor, { turns: [{ text: 'Hi.' }] });
    const cache = memoryResponseCache();
    const create = () => withCache(fromAiSdk(vendor.createModel(server.baseURL)), cache);
    await create().send(request);
    await create().send(request);
    expect(server.requests).toHaveLength(2);
  });

  test('limits of cost count what the provider reports', async () => {
    const server = await serveVendor(vendor, { turns: WEATHER_TURNS });
    const model = createModel(server.baseURL);
    // 100 tokens of input, 20 of them cached, and 30 of output: 1.42 dollars a request, and room for one request.
    const agent = new Agent({
      model,
      tools: [createWeatherTool()],
      limits: { cost: 2.5 },
      modelSettings: { max_completion_tokens: 30 },
    });
    const outcome = await agent.run('How is the weather?').outcome();
    expect(outcome).toMatchObject({ status: 'limited', limit: 'cost' });
    expect(outcome.usage.cost).toBeCloseTo(1.42 * server.requests.length);
    expect(outcome.usage.cost).toBeLessThanOrEqual(2.5);
  });

  test('toolSearch finds a tool among two hundred', async () => {
    const turns = [
      { thinking: 'I need a tool.', calls: [{ name: 'search_tools', input: { query: 'export a song' } }] },
      { thinking: 'Here it is.', calls: [{ name: 'export_song', input: { id: '7' } }] },
      { text: 'Done.' },
    ];
    const server = await serveVendor(vendor, { turns });
    const search = toolSearch(tools, { maxResults: 2 });
    const agent = new Agent({ model: createModel(server.baseURL), tools: search.tools, middleware: [search] });
    expect(await agent.run('Export song 7.').outcome()).toMatchObject({
      status: 'completed',
      text: 'Done.',
      toolCallCount: 2,
    });
    expect(server.faults).toEqual([]);
    expect(JSON.stringify(server.requests[0]?.body)).not.toContain('export_song');
    expect(JSON.stringify(server.requests[1]?.body)).toContain('export_song');
  });

  test('is a fallback of openai(), in turn with others', async () => {
    const down = await offlineServer({ script: [respond.httpError(401, { message: 'No.' })] });
    onTestFinished(() => down.close());
    const server = await serveVendor(vendor, { turns: [{ text: 'Hi.' }] });
    const other = withConcurrency(fromAiSdk(vendor.createModel(server.baseURL)), 1);
    const model = withFallback(openai('any', { baseURL: down.baseURL, apiKey: 'none' }), other);
    expect(await new Agent({ model }).run('Hi.').outcome()).toMatchObject({ status: 'completed', text: 'Hi.' });
  });

  test.each([false, true])('a cassette records and replays it without a key, streamed: %s', async (stream) => {
    const server = await serveVendor(vendor, { turns: WEATHER_TURNS });
    const folder = createFolder();
    const file = join(folder, 'weather.jsonl');
    const play = async (mode: 'record' | 'replay') => {
      const tape = cassette(file, { mode, ci: false });
      const agent = createWeatherAgent(
        { ...vendor, createModel: (url) => vendor.createModel(url, { fetch: tape.webFetch }) },
        server.baseURL,
      );
      const { text } = await agent.run('How is the weather?', { stream });
      tape.assertDone();
      return text;
    };
    expect(await play('record')).toBe('It is 4 degrees everywhere.');
    expect(readFileSync(file, 'utf8')).not.toContain('secret-key');
    expect(await play('replay')).toBe('It is 4 degrees everywhere.');
    expect(server.requests).toHaveLength(3);
  });

  function createModel(baseURL: string) {
    return fromAiSdk(vendor.createModel(baseURL), { price: PRICE });
  }
});
