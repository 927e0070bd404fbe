// An agent with four tools answers a question over several turns.
// It uses the server of OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL; without them, an offline stand-in.
import { Agent, openai } from '@pawl/core';
import { offlineServer } from '@pawl/testing';
import { print } from './print.ts';
import { tools } from './tools.ts';

const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL = 'gpt-5-mini' } = process.env;
const offline = OPENAI_API_KEY || OPENAI_BASE_URL ? undefined : await offlineServer({ chunkDelayMs: 5 });
if (offline)
  console.log('No OPENAI_API_KEY or OPENAI_BASE_URL: an offline stand-in answers, which is no language model.\n');

const agent = new Agent({
  name: 'quick-start',
  model: offline ? openai('pawl-stand-in', { baseURL: offline.baseURL }) : openai(OPENAI_MODEL),
  instructions: 'Answer from what the tools say. Be brief.',
  tools,
  limits: { turns: 10 },
});

const question =
  process.argv.slice(2).join(' ') ||
  'Read trip.md, then tell me the weather for the next 10 days in each city of my trip, and what 250 EUR are in NOK.';
console.log(`> ${question}\n`);

const run = agent.run(question);
await print(run);
const outcome = await run.outcome();

const { status, turnCount, toolCallCount, usage, durationMs } = outcome;
console.log(
  `\n${status}: ${turnCount} turns, ${toolCallCount} tool calls, ${usage.totalTokens} tokens, ${durationMs} ms`,
);
if (outcome.status === 'failed') console.log(outcome.error.message);
process.exitCode = status === 'completed' ? 0 : 1;
await offline?.close();
