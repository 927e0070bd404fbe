import OpenAI from 'openai';
import { zodFunction } from 'openai/helpers/zod';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

export const connect: ContestantModule['connect'] = (setup) => {
  const { completions } = new OpenAI({ baseURL: setup.baseURL, apiKey: 'key' }).chat;
  const tools = createWorkTools(z, setup).map(({ name, description, schema, execute }) => {
    return zodFunction({ name, description, parameters: schema, function: execute });
  });
  const request = (content: string) => ({
    model: MODEL,
    tools,
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content },
    ],
  });
  const options = { maxChatCompletions: setup.maxTurns };
  return {
    run: (prompt) => completions.runTools(request(prompt), options).finalContent(),
    stream: (prompt, onText) =>
      completions
        .runTools({ ...request(prompt), stream: true, stream_options: { include_usage: true } }, options)
        .on('content', onText)
        .finalContent(),
  };
};
