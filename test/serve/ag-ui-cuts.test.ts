import { respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { AgUiClient, show } from './ag-ui-client.ts';
import { tryCuts } from './each-cut.ts';
import { createModel, startThread } from './start-thread.ts';

test('a stream that is cut at any byte and read again gives the same messages', async () => {
  const asked = new Set<string>();
  const model = await createModel(({ messages }) => {
    const user = String(messages.find(({ role }) => role === 'user')?.content);
    if (messages.every(({ role }) => role !== 'tool')) {
      return respond.message({
        role: 'assistant',
        reasoning_content: 'An order “7” — I look.',
        content: 'Let me look.',
        tool_calls: [{ type: 'function', function: { name: 'look_up', arguments: '{"order":"7"}' } }],
      });
    }
    const isFirst = !asked.has(user);
    asked.add(user);
    if (isFirst) return respond.cut(respond.text('It costs much more.'), { afterChunks: 3 });
    return respond.text('It costs 29 €, as ordered.');
  });
  const { url } = await startThread(model, { maxRunning: { total: 1_000, perPrincipal: 1_000 } });
  const askThrough = async (cutAt: number): Promise<{ readonly client: AgUiClient; readonly size: number }> => {
    let size = 0;
    let isCut = false;
    const client = new AgUiClient(url, {
      fetch: async (path, init) => {
        const response = await fetch(path, init);
        if (isCut) return response;
        isCut = true;
        let left = cutAt;
        const cut = new TransformStream<Uint8Array, Uint8Array>({
          transform(bytes, controller) {
            size += bytes.length;
            controller.enqueue(bytes.subarray(0, left));
            left -= bytes.length;
            if (left <= 0) controller.terminate();
          },
        });
        return new Response(response.body?.pipeThrough(cut), { headers: response.headers });
      },
    });
    await client.ask(`What is order 7? (${client.agent.threadId})`, { runId: 'r1' });
    const { failure } = await client.run({ runId: 'r1' });
    expect(failure).toBeUndefined();
    return { client, size };
  };
  const { client: whole, size } = await askThrough(Number.POSITIVE_INFINITY);
  expect(show(whole.messages)).toHaveLength(5);
  const toComparable = ({ spoken }: AgUiClient) => show(spoken).slice(1);
  await tryCuts(size, {
    count: 15,
    check: async (cutAt) => {
      expect(toComparable((await askThrough(cutAt)).client)).toEqual(toComparable(whole));
    },
  });
});
