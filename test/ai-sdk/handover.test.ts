import { Agent, type ChatModel, openai, type Tool, withFallback } from '@pawl/core';
import { compactByReference, compactBySummary, type Middleware, outputGuard, toolGuard } from '@pawl/core/middleware';
import { manualClock, offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createChatModel, createPlainModel } from './chat-model.ts';
import { serveVendor } from './serve-vendor.ts';
import type { VendorTurn } from './vendor.ts';
import { wires } from './vendors.ts';
import { createWeatherTool, WEATHER_TURNS } from './weather-agent.ts';

const getWeather = createWeatherTool();

// By hand: it sends each request of a run to the next model.
function takeTurns(...models: readonly ChatModel[]): ChatModel {
  let count = 0;
  return {
    name: 'turns',
    send(request, context) {
      const model = models[Math.min(count++, models.length - 1)];
      if (model === undefined) throw new Error('There is no model.');
      return model.send(request, context);
    },
  };
}

/** What no other server may see: signatures, encrypted reasoning, and Pawl's own fields. */
const FOREIGN = /pawl_|signature|thought|encrypted_content":"|redacted|itemId|providerOptions/i;

describe.each(wires)('after $name', (first) => {
  test.each(wires.filter(({ provider }) => provider !== first.provider))(
    '$name gets nothing that is not its own, and the first its own again',
    async (second) => {
      const server = await serveVendor(first, { turns: WEATHER_TURNS });
      const other = await serveVendor(second, { turns: WEATHER_TURNS.map(({ thinking: _, ...turn }) => turn) });
      // Without thinking: Anthropic's models refuse to think in the middle of a turn that others began.
      const [back, plain] = [createPlainModel(first, server.baseURL), createPlainModel(second, other.baseURL)];
      const model = takeTurns(createChatModel(first, server.baseURL), plain, back);
      const outcome = await new Agent({ model, tools: [getWeather] }).run('How is the weather?').outcome();
      const sent = JSON.stringify(other.requests[0]?.body)
        .replaceAll('skip_thought_signature_validator', '')
        .replaceAll('"thoughtSignature":""', '');
      expect(other.faults).toEqual([]);
      expect(sent.replace('"reasoning.encrypted_content"', '')).not.toMatch(FOREIGN);
      expect(sent).toContain('Oslo: 4 degrees');
      expect(sent).not.toContain('Two cities');
      expect(server.faults).toEqual([]);
      expect(outcome).toMatchObject({ status: 'completed', text: 'It is 4 degrees everywhere.' });
    },
  );

  test('a server of Chat Completions gets nothing that is not its own, as a fallback', async () => {
    const server = await serveVendor(first, {
      turns: WEATHER_TURNS,
      respond(response, _, index) {
        if (index === 0) return false;
        response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"Down."}}');
        return true;
      },
    });
    const compatible = await offlineServer({ script: [respond.text('It is cold.')] });
    onTestFinished(() => compatible.close());
    const model = withFallback(
      createChatModel(first, server.baseURL),
      openai('any', { baseURL: compatible.baseURL, apiKey: 'none' }),
    );
    const agent = new Agent({ model, tools: [getWeather], clock: manualClock() });
    expect(await agent.run('How is the weather?').outcome()).toMatchObject({
      status: 'completed',
      text: 'It is cold.',
    });
    const [request] = compatible.requests;
    expect(JSON.stringify(request?.body)).not.toMatch(FOREIGN);
    expect(request?.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);
  });

  test('an agent that began on Chat Completions goes on here', async () => {
    const server = await serveVendor(first, { turns: [{}, { text: 'It is cold.' }] });
    const compatible = await offlineServer({
      script: [respond.calls([{ name: 'get_weather', arguments: { city: 'Oslo' }, id: 'chat_1' }])],
    });
    onTestFinished(() => compatible.close());
    const before = openai('any', { baseURL: compatible.baseURL, apiKey: 'none' });
    const model = takeTurns(before, createPlainModel(first, server.baseURL));
    const outcome = await new Agent({ model, tools: [getWeather] }).run('How is the weather?').outcome();
    expect(server.faults).toEqual([]);
    expect(outcome).toMatchObject({ status: 'completed', text: 'It is cold.' });
  });
});

describe.each(wires)('$name accepts its signatures', (vendor) => {
  const turns: readonly VendorTurn[] = [
    ...Array.from({ length: 8 }, (_, index) => ({
      thinking: `I look, for the ${index}th time.`,
      text: `Look ${index}. `,
      calls: [
        { name: 'get_weather', input: { city: `Oslo ${index}` } },
        { name: 'get_weather', input: { city: `Rome ${index}` } },
      ],
    })),
    { thinking: 'Enough.', text: 'It is cold.' },
  ];

  async function play(middleware: readonly Middleware[], tools: readonly Tool<unknown>[] = []) {
    const server = await serveVendor(vendor, { turns, order: 'requests' });
    const long = createWeatherTool(undefined, `${'rain and '.repeat(300)}4 degrees`);
    const agent = new Agent({ model: createChatModel(vendor, server.baseURL), tools: [long, ...tools], middleware });
    return { outcome: await agent.run('How is the weather?').outcome(), server };
  }

  test('after a summary replaced the older turns', async () => {
    const model = scriptedModel(() => respond.text('It rained in Oslo and Rome.'));
    const { outcome, server } = await play([
      compactBySummary({ contextWindow: 150, keepTurns: 2, model, modelContextWindow: 100_000 }),
    ]);
    expect(server.faults).toEqual([]);
    expect(outcome).toMatchObject({ status: 'completed', text: 'It is cold.' });
    const last = JSON.stringify(server.requests.at(-1)?.body);
    expect(last).toContain('It rained in Oslo and Rome.');
    expect(last).not.toContain('Look 0.');
  });

  test('after references replaced the older results', async () => {
    const references = compactByReference({ contextWindow: 150, keepTurns: 2, minLength: 500 });
    const { outcome, server } = await play([references], references.tools);
    expect(server.faults).toEqual([]);
    expect(outcome).toMatchObject({ status: 'completed', text: 'It is cold.' });
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('Read them with read_result(');
  });

  test('after a guard changed the input of a call', async () => {
    const guard = toolGuard({ name: 'norway', before: () => ({ type: 'replace', input: { city: 'Bergen' } }) });
    const { outcome, server } = await play([guard]);
    expect(server.faults).toEqual([]);
    expect(outcome.status).toBe('completed');
  });

  test('and never gets a text again that a guard replaced', async () => {
    const secret = 'The code is 1234.';
    const texts: readonly VendorTurn[] = [
      { thinking: 'Hm.', text: secret },
      { thinking: 'So.', text: 'Yes.' },
    ];
    const server = await serveVendor(vendor, { turns: texts });
    const guard = outputGuard({
      name: 'codes',
      check: ({ text }) => (text.includes('1234') ? { type: 'replace', text: 'I may not say it.' } : { type: 'allow' }),
    });
    const agent = new Agent({ model: createChatModel(vendor, server.baseURL), middleware: [guard] });
    const { messages } = await agent.run('What is the code?');
    await agent.run([...messages, { role: 'user', content: 'And now?' }]).outcome();
    const sent = JSON.stringify(server.requests.at(-1)?.body);
    expect(sent).toContain('I may not say it.');
    expect(sent).not.toContain('1234');
  });
});
