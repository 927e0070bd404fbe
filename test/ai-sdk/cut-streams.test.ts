import { fromAiSdk } from '@pawl/ai-sdk';
import type { ChatResponse, Delta } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { tryCuts } from '../serve/each-cut.ts';
import type { Vendor, VendorTurn } from './vendor.ts';
import { vendors } from './vendors.ts';

/** Its characters have one to four bytes. */
const TURN: VendorTurn = {
  thinking: 'Is it cold in Tromsø? 🥶',
  text: 'I look: 4 °C?',
  calls: [
    { name: 'get_weather', input: { city: 'Tromsø' } },
    { name: 'get_weather', input: { city: '東京 🗼' } },
  ],
};

interface Read {
  readonly response: ChatResponse;
  readonly deltas: readonly Delta[];
}

/** Reads a response whose bytes arrive in these chunks, and whose connection then ends. */
async function read(vendor: Vendor, chunks: readonly Uint8Array[]): Promise<Read> {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const model = vendor.createModel('http://127.0.0.1:1', {
    fetch: async () => new Response(body, { headers: { 'content-type': vendor.streamType } }),
  });
  const deltas: Delta[] = [];
  const response = await fromAiSdk(model).send(
    { messages: [{ role: 'user', content: 'How is the weather?' }], stream: true },
    { onDelta: (delta) => void deltas.push(delta) },
  );
  return { response, deltas };
}

/** Without what a provider makes itself, such as the time of its answer and the ids of its calls. */
function listFacts({ response, deltas }: Read): { readonly usage?: object } {
  const text = JSON.stringify({ choices: response.choices, usage: response.usage, deltas });
  let count = 0;
  const names = new Map<string, string>();
  return JSON.parse(text, (name, value: unknown) => {
    if (name !== 'id' || typeof value !== 'string') return value;
    if (!names.has(value)) names.set(value, `id ${count++}`);
    return names.get(value);
  });
}

test.each(vendors)('a stream of $name is read the same wherever its bytes are split', async (vendor) => {
  const bytes = Buffer.concat(vendor.createStream(TURN, 0));
  const whole = await read(vendor, [bytes]);
  expect(whole.response.choices[0].message.tool_calls).toHaveLength(2);
  const expected = listFacts(whole);
  await tryCuts(bytes.length, {
    count: 40,
    check: async (at) => {
      const split = await read(vendor, [bytes.subarray(0, at), bytes.subarray(at)]);
      expect(listFacts(split)).toEqual(expected);
    },
  });
});

test.each(vendors)('a stream of $name that ends early is an error or the whole response', async (vendor) => {
  const bytes = Buffer.concat(vendor.createStream(TURN, 0));
  const expected = listFacts(await read(vendor, [bytes]));
  await expect(read(vendor, [bytes.subarray(0, bytes.length / 2)])).rejects.toMatchObject({ retryable: true });
  await tryCuts(bytes.length, {
    count: 40,
    check: async (at) => {
      const cut = await read(vendor, [bytes.subarray(0, at)]).then(listFacts, (error: unknown) => error);
      if (cut instanceof Error) expect(cut).toMatchObject({ retryable: true });
      // The last frame of Converse has nothing but the usage, which is estimated without it.
      else expect({ usage: expected.usage, ...cut }).toEqual(expected);
    },
  });
});
