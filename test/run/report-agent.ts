import { Agent, type AgentOptions, type OpenAIOptions, openai, type RunOptions } from '@pawl/core';
import { type OfflineServer, respond, type ScriptedResponse } from '@pawl/testing';
import { z } from 'zod';
import { startOfflineServer } from '../offline-server.ts';
import { weather } from './weather.ts';

export const report = z.object({ answer: z.string() });
export const ANSWER = { answer: 'rain' };
export const finalAnswer = respond.call('final_answer', ANSWER);
export const lookUp = respond.call('get_weather', { city: 'Oslo' });

interface PlayOptions {
  readonly profile?: NonNullable<OpenAIOptions['profile']>;
  readonly agent?: Partial<AgentOptions<unknown, { answer: string }>>;
  readonly run?: RunOptions;
}

/** One run over HTTP of an agent with a tool and an output. */
export async function play(
  script: readonly ScriptedResponse[],
  { profile = 'compatible', agent = {}, run = {} }: PlayOptions = {},
) {
  const server = await startOfflineServer(script);
  const model = openai('m', { baseURL: server.baseURL, profile, apiKey: 'key' });
  const running = new Agent({ model, tools: [weather], output: report, ...agent }).run('Weather in Oslo?', run);
  const partials: unknown[] = [];
  if (run.stream === true) running.on('output.partial', ({ partial }) => partials.push(partial));
  const outcome = await running.outcome();
  return { server, outcome, partials };
}

type Sent = OfflineServer['requests'][number]['body'];

export function listToolNames({ tools = [] }: Sent): readonly string[] {
  return tools.map((each) => (each.type === 'custom' ? each.custom.name : each.function.name));
}

/** What each request asked of the output. */
export function listOutputForms({ requests }: OfflineServer): readonly unknown[] {
  return requests.map(({ body }) => [listToolNames(body), body.response_format?.type, body.tool_choice]);
}
