import { openai } from '@pawl/core';
import { expect, test } from 'vitest';
import { hello, helloJson } from './hello.ts';
import { serve } from './test-server.ts';
import { combineWithTransports } from './transports.ts';

test.each(combineWithTransports([{ status: 301 }, { status: 302 }, { status: 303 }, { status: 307 }, { status: 308 }]))(
  'sends neither the key nor the request to the target of a $status redirect, over $over',
  async ({ status, options }) => {
    const other = await serve(helloJson);
    const server = await serve(
      (response) => void response.writeHead(status, { location: `${other.baseURL}/chat/completions` }).end('Gone.'),
      helloJson,
    );
    const model = openai('m', { baseURL: server.baseURL, apiKey: 'sk-key', ...options });
    await expect(model.send({ messages: [] })).rejects.toMatchObject({ name: 'HttpError', status });
    expect(other.received).toEqual([]);
    expect(await model.send({ messages: [] })).toEqual(hello);
  },
);
