// Two servers: after the last retry with the first server, the run falls back to the second one. Every attempt is an event.
import { Agent, openai, withFallback } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';

const down = await offlineServer({ script: () => respond.httpError(503, { message: 'Overloaded.' }) });
const up = await offlineServer({ script: () => respond.text('Here I am.') });
const model = withFallback(openai('first', { baseURL: down.baseURL }), openai('second', { baseURL: up.baseURL }));
const agent = new Agent({ model, retry: { maxAttempts: 2, initialDelayMs: 1, maxDelayMs: 1 } });

const run = agent.run('Is anybody there?');
run.on('attempt.failed', ({ attempt, model: name, error }) =>
  console.log(`attempt ${attempt}, ${name}: ${error.code}`),
);
run.on('model.responded', ({ model: name, failedAttempts }) =>
  console.log(`${name}, after ${failedAttempts.length} failures`),
);
console.log((await run).output);
await Promise.all([down.close(), up.close()]);
