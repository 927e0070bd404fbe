import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';

export async function ask({ baseURL, prompt, isStreamed, tools, signal }) {
  const agent = createAgent({
    model: new ChatOpenAI({ model: 'any', apiKey: 'none', configuration: { baseURL } }),
    tools: tools.map(({ name, description, input, execute }) =>
      tool(async (given) => execute(given), { name, description, schema: input(z) }),
    ),
  });
  const asked = { messages: [{ role: 'user', content: prompt }] };
  let last = isStreamed ? undefined : await agent.invoke(asked, { signal });
  if (isStreamed) {
    // With `messages`, the model is asked for a stream; `values` holds how it ended.
    const parts = await agent.stream(asked, { signal, streamMode: ['messages', 'values'] });
    for await (const [mode, value] of parts) if (mode === 'values') last = value;
  }
  const message = last.messages.at(-1);
  return { text: message.text, finish: message.response_metadata?.finish_reason };
}
