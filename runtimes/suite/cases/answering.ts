import { Agent, openai } from '@pawl/core';
import { zod3 } from '@pawl/core/zod3';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { assertSame, type SuiteCase } from '../case.ts';

/** Runs that end with an output. */
export const answeringCases: readonly SuiteCase[] = [
  {
    name: 'returns the model’s text as the output',
    async run({ model }) {
      const { status, output, usage } = await new Agent({ model: model(), instructions: 'Be brief.' }).run('Hi');
      assertSame([status, output, usage.totalTokens], ['completed', 'Hello, wörld 👋.', 12]);
    },
  },
  {
    name: 'streams text as ordered events with the same output',
    async run({ model }) {
      const run = new Agent({ model: model() }).run('Hi');
      const texts: string[] = [];
      const types = new Set<string>();
      for await (const event of run) {
        types.add(event.type);
        if (event.type === 'text.delta') texts.push(event.delta);
      }
      assertSame(texts.join(''), 'Hello, wörld 👋.');
      assertSame((await run).output, 'Hello, wörld 👋.');
      assertSame([...types].at(0), 'run.started');
      assertSame([...types].at(-1), 'run.finished');
    },
  },
  {
    name: 'reads a stream that is split at any byte',
    async run({ model }) {
      const { output } = await new Agent({ model: model() }).run('Hi', { stream: true });
      assertSame(output, 'Grüße 👋');
    },
  },
  {
    name: 'reads a long response, streamed and unstreamed',
    async run({ model }) {
      const agent = new Agent({ model: model() });
      for (const stream of [false, true]) assertSame((await agent.run('Hi', { stream })).output.length, 300_000);
    },
  },
  {
    name: 'reads a compressed response',
    async run({ model }) {
      const agent = new Agent({ model: model() });
      for (const encoding of ['gzip', 'br']) assertSame((await agent.run(encoding)).output, 'Hello, wörld 👋.');
    },
  },
  {
    name: 'sends a long conversation',
    async run({ model }) {
      const prompt = 'wörld 👋 '.repeat(100_000);
      assertSame((await new Agent({ model: model() }).run(prompt)).output, String(prompt.length));
    },
  },
  {
    name: 'applies backpressure for a slow reader without losing events',
    async run({ model }) {
      const run = new Agent({ model: model() }).run('Hi');
      let eventCount = 0;
      run.on('text.delta', () => void eventCount++);
      const texts: string[] = [];
      for await (const event of run) {
        if (event.type !== 'text.delta') continue;
        // At most 256 of the 2,000 events may be buffered.
        if (texts.length === 0) assertSame((await waitUntilStable(() => eventCount)) < 300, true);
        texts.push(event.delta);
      }
      assertSame([texts.length, texts.join('')], [2_000, 'word '.repeat(2_000).trimEnd()]);
    },
  },
  {
    name: 'runs thirty conversations in parallel',
    async run({ model }) {
      const agent = new Agent({ model: model() });
      const asked = Array.from({ length: 30 }, (_, index) => `Number ${index}?`);
      const runs = await Promise.all(asked.map((text, index) => agent.run(text, { stream: index % 2 === 0 })));
      assertSame(
        runs.map(({ output }) => output),
        asked,
      );
    },
  },
  {
    name: 'validates an output, and asks the model to correct an invalid one',
    async run({ model }) {
      const agent = new Agent({ model: model(), output: z.object({ city: z.string(), degrees: z.number() }) });
      assertSame((await agent.run('Where is it warm?')).output, { city: 'Rome', degrees: 31 });
    },
  },
  {
    name: 'validates an output with a zod 3 schema',
    async run({ model }) {
      const agent = new Agent({ model: model(), output: zod3(z3.object({ city: z3.string() })) });
      assertSame((await agent.run('Where is it warm?')).output, { city: 'Rome' });
    },
  },
  {
    name: 'throws a ConfigError without sending a request if there is no key',
    async run() {
      try {
        await openai('any').send({ messages: [{ role: 'user', content: 'Go.' }] });
      } catch (error) {
        return assertSame(error instanceof Error && error.name, 'ConfigError');
      }
      throw new Error('A request was sent without a key.');
    },
  },
];

/** Waits until a count no longer changes, and returns it. */
async function waitUntilStable(count: () => number): Promise<number> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return count();
}
