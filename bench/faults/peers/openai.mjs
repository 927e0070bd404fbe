import OpenAI from 'openai';
import { zodFunction } from 'openai/helpers/zod';
import { z } from 'zod';

export async function ask({ baseURL, prompt, isStreamed, tools, signal }) {
  const client = new OpenAI({ baseURL, apiKey: 'none' });
  const params = {
    model: 'any',
    messages: [{ role: 'user', content: prompt }],
    tools: tools.map(({ name, description, input, execute }) =>
      zodFunction({ name, description, parameters: input(z), function: async (given) => execute(given) }),
    ),
  };
  const runner = client.chat.completions.runTools(isStreamed ? { ...params, stream: true } : params, { signal });
  const text = await runner.finalContent();
  const completion = await runner.finalChatCompletion();
  return { text: text ?? '', finish: completion.choices[0]?.finish_reason ?? undefined };
}
