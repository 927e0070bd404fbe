import type { LanguageModel } from 'ai';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { serveVendor } from './serve-vendor.ts';
import { THINKING } from './thinking.ts';
import type { VendorRequest } from './vendor.ts';
import { vendors } from './vendors.ts';
import { createWeatherAgent, WEATHER_TURNS } from './weather-agent.ts';

const prompt = 'How is the weather?';

/** The conversation of a request, under the name that each vendor has for it. */
function readConversation({ body }: VendorRequest): unknown {
  return body['messages'] ?? body['contents'] ?? body['input'];
}

describe.each(vendors)('$name gets the same conversation from an agent and from the AI SDK itself', (vendor) => {
  test.each([false, true])('streamed: %s', async (stream) => {
    const [ours, theirs] = [
      await serveVendor(vendor, { turns: WEATHER_TURNS }),
      await serveVendor(vendor, { turns: WEATHER_TURNS }),
    ];
    await createWeatherAgent(vendor, ours.baseURL).run(prompt, { stream });
    const getWeather = tool({
      description: 'Tells the weather of a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => `${city}: 4 degrees`,
    });
    const isStateless =
      vendor.name === 'Responses'
        ? { openai: { store: false, ...THINKING[vendor.provider] } }
        : THINKING[vendor.provider];
    const options = {
      model: vendor.createModel(theirs.baseURL) as LanguageModel, // A model of a real provider.
      tools: { get_weather: getWeather },
      stopWhen: stepCountIs(5),
      providerOptions: isStateless as never, // Written for this provider.
      prompt,
    };
    const { text } = stream ? { text: await streamText(options).text } : await generateText(options);
    expect(text).toBe('It is 4 degrees everywhere.');
    expect(ours.requests.map(readConversation)).toEqual(theirs.requests.map(readConversation));
  });
});
