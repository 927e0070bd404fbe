import { Agent, type Tool, tool } from '@pawl/core';
import { z } from 'zod';
import { createChatModel } from './chat-model.ts';
import type { Vendor, VendorTurn } from './vendor.ts';

const calls = (...cities: readonly string[]) => cities.map((city) => ({ name: 'get_weather', input: { city } }));

/** Three turns: thinking with parallel calls, thinking with a call, thinking and the answer. */
export const WEATHER_TURNS: readonly VendorTurn[] = [
  { thinking: 'Two cities: “Oslo”,\n and Rome 🌍.', text: 'I look at both. ', calls: calls('Oslo', 'Rome') },
  { thinking: 'Bergen is near.', calls: calls('Bergen') },
  { thinking: 'Now I know.', text: 'It is 4 degrees everywhere.' },
];

/** Creates the same agent in every process. `onCall` is called before each call. */
export function createWeatherAgent(
  vendor: Vendor,
  baseURL: string,
  onCall: (city: string) => void = () => undefined,
): Agent {
  return new Agent({
    name: 'weather',
    model: createChatModel(vendor, baseURL),
    tools: [createWeatherTool(onCall)],
  });
}

/** `onCall` is called before each call. The weather is the same everywhere. */
export function createWeatherTool(
  onCall: (city: string) => void = () => undefined,
  weather: string = '4 degrees',
): Tool<unknown> {
  return tool({
    name: 'get_weather',
    description: 'Tells the weather of a city.',
    input: z.object({ city: z.string() }),
    effect: 'read',
    execute({ city }) {
      onCall(city);
      return `${city}: ${weather}`;
    },
  });
}
