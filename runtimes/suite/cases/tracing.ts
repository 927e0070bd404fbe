import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, tool } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { z } from 'zod';
import { assertSame, type SuiteCase } from '../case.ts';

/** What is around the work, outermost first. Spans of OpenTelemetry are kept in the same way. */
const spans = new AsyncLocalStorage<readonly string[]>();

function runInside<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  return spans.run([...(spans.getStore() ?? []), name], work);
}

const instrumentation: Instrumentation = {
  instrumentRun: ({ agent }, work) => runInside(agent.name, work),
  instrumentModelCall: ({ turn }, work) => runInside(`model ${turn}`, work),
  instrumentAttempt: ({ attempt }, work) => runInside(`attempt ${attempt}`, work),
  instrumentToolCall: ({ index }, work) => runInside(`call ${index}`, work),
  traceparent: () => spans.getStore()?.join('/'),
};

/** The async context of each runtime. */
export const tracingCases: readonly SuiteCase[] = [
  {
    name: 'keeps the async context of an instrumentation apart in parallel calls',
    async run({ model }) {
      const seen: (string | undefined)[] = [];
      const look = tool({
        name: 'look',
        input: z.object({ at: z.string() }),
        effect: 'read',
        async execute({ at }, { traceparent }) {
          await new Promise((resolve) => setTimeout(resolve, at === 'left' ? 10 : 1));
          seen.push(`${traceparent} = ${spans.getStore()?.join('/')}`);
          return 'seen';
        },
      });
      const inner = new Agent({ name: 'inner', model: model(), tools: [look] });
      const ask = inner.asTool({ name: 'ask', description: 'Asks.' });
      for (const stream of [false, true]) {
        const agent = new Agent({ name: 'outer', model: model(), tools: [ask], instrumentation });
        await agent.run('Go.', { stream });
        const formatPath = (index: number): string => `outer/call 0/inner/call ${index}`;
        assertSame(
          seen.splice(0).toSorted(),
          [0, 1].map((index) => `${formatPath(index)} = ${formatPath(index)}`),
        );
      }
      assertSame(spans.getStore() ?? 'outside', 'outside');
    },
  },
];
