import { openai } from '@pawl/core';

// A process of its own, so that nothing else counts: reads a long stream and tells how far its memory grew meanwhile.

const [baseURL = ''] = process.argv.slice(2);
const model = openai('m', { baseURL, responseLimits: { maxBytes: Number.POSITIVE_INFINITY } });

let pieces = 0;
let start = 0;
let most = 0;
const reply = await model.send(
  { messages: [], stream: true },
  {
    onDelta: () => {
      pieces++;
      // Not from the first piece on: code has to be compiled and buffers have to find their size.
      if (pieces === 200) start = held();
      if (pieces > 200 && pieces % 50 === 0) most = Math.max(most, held() - start);
      return undefined;
    },
  },
);

function held(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.stdout.write(JSON.stringify({ pieces, grownBytes: most, text: reply.choices[0].message.content?.length }));
