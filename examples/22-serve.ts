// Agents over HTTP: the same server alone, in Hono, in Express and in Fastify, each asked by a client of Chat Completions.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from '@pawl/core';
import { serve } from '@pawl/serve';
import { listen, toNodeHandler } from '@pawl/serve/node';
import { respond, scriptedModel } from '@pawl/testing';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import OpenAI from 'openai';

const agent = new Agent({ name: 'support', model: scriptedModel(() => respond.text('It is on its way.')) });
const server = serve({ agents: [agent] });

const alone = await listen(server, { port: 0 });
console.log(`alone    ${await ask(alone.url)}`);

// Web standards: also Bun, Deno and Workers, by `export default { fetch: app.fetch }`.
const hono = new Hono().mount('/ai', server.fetch);
const honoListener = createServer(toNodeHandler({ fetch: async (request) => hono.fetch(request) })).listen(
  0,
  '127.0.0.1',
);
await once(honoListener, 'listening');
console.log(`Hono     ${await ask(`http://127.0.0.1:${(honoListener.address() as AddressInfo).port}/ai`)}`);
honoListener.close();

const expressListener = express().use('/ai', toNodeHandler(server)).listen(0, '127.0.0.1');
await once(expressListener, 'listening');
console.log(`Express  ${await ask(`http://127.0.0.1:${(expressListener.address() as AddressInfo).port}/ai`)}`);
expressListener.close();

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', (_request, _body, done) => done(null)); // The server reads the body itself.
const prefixed = serve({ agents: [agent], basePath: '/ai' }); // Fastify does not take the prefix away.
const handle = toNodeHandler(prefixed);
app.all('/ai/*', (request, reply) => {
  reply.hijack();
  handle(request.raw, reply.raw);
});
console.log(`Fastify  ${await ask(`${await app.listen({ port: 0, host: '127.0.0.1' })}/ai`)}`);
await app.close();
await alone.close();
prefixed.close();

async function ask(url: string): Promise<string> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
  const messages = [{ role: 'user', content: 'Where is my order?' }] as const;
  const stream = await client.chat.completions.create({ model: 'support', messages: [...messages], stream: true });
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}
