import { openai } from '@pawl/core';

// Reads a long stream in a process of its own, and prints how much its memory grew.

const [baseURL = ''] = process.argv.slice(2);
const model = openai('m', { baseURL, responseLimits: { maxBytes: Number.POSITIVE_INFINITY } });

let deltaCount = 0;
let start = 0;
let maxGrowth = 0;
const response = await model.send(
  { messages: [], stream: true },
  {
    onDelta: () => {
      deltaCount++;
      // Not from the first delta on: code is compiled and buffers grow at first.
      if (deltaCount === 200) start = measureMemory();
      if (deltaCount > 200 && deltaCount % 50 === 0) maxGrowth = Math.max(maxGrowth, measureMemory() - start);
      return undefined;
    },
  },
);

function measureMemory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.stdout.write(
  JSON.stringify({ deltaCount, grownBytes: maxGrowth, text: response.choices[0].message.content?.length }),
);
