import { Agent, withFallback } from '@pawl/core';
import { assertSame, type SuiteCase } from '../case.ts';

const RETRY = { random: () => 0 };

/** Servers that fail. */
export const failingCases: readonly SuiteCase[] = [
  {
    name: 'retries when the server is busy',
    async run({ model }) {
      const run = new Agent({ model: model(), ...RETRY }).run('Hi');
      const codes: string[] = [];
      run.on('attempt.failed', ({ error }) => void codes.push(error.name));
      assertSame([(await run).output, codes], ['Hello.', ['HttpError', 'HttpError']]);
    },
  },
  {
    name: 'retries when the connection breaks before or during a response',
    async run({ model }) {
      const run = new Agent({ model: model(), ...RETRY }).run('Hi', { stream: true });
      const names: string[] = [];
      run.on('attempt.failed', ({ error }) => void names.push(error.name));
      assertSame((await run).output, 'Hello.');
      assertSame(names.length, 2);
    },
  },
  {
    name: 'fails without a retry on status 404, with the server’s message',
    async run({ model }) {
      const outcome = await new Agent({ model: model(), ...RETRY }).run('Hi').outcome();
      assertSame(outcome.status, 'failed');
      if (outcome.status === 'failed') assertSame(outcome.error.message.includes('No such model.'), true);
    },
  },
  {
    name: 'does not follow a redirect, so the key stays with its server',
    async run({ model }) {
      const outcome = await new Agent({ model: model(), retry: { maxAttempts: 1 } }).run('Hi').outcome();
      if (outcome.status !== 'failed') throw new Error(`The run is ${outcome.status}.`);
      assertSame([outcome.error.name, outcome.error.message.includes('307')], ['HttpError', true]);
    },
  },
  {
    name: 'falls back to another model',
    async run({ model }) {
      const nowhere = model({ baseURL: 'http://127.0.0.1:9/v1' });
      const both = withFallback(nowhere, model());
      assertSame((await new Agent({ model: both, ...RETRY, retry: { maxAttempts: 1 } }).run('Hi')).output, 'Hello.');
    },
  },
  {
    name: 'reports a missing server as a NetworkError',
    async run({ model }) {
      const nowhere = model({ baseURL: 'http://127.0.0.1:9/v1' });
      const outcome = await new Agent({ model: nowhere, retry: { maxAttempts: 1 } }).run('Hi').outcome();
      assertSame(outcome.status === 'failed' && outcome.error.name, 'NetworkError');
    },
  },
  {
    name: 'ends with the status truncated if the response is cut off',
    async run({ model }) {
      const outcome = await new Agent({ model: model() }).run('Hi').outcome();
      assertSame(outcome.status === 'truncated' && outcome.text, 'Once upon');
    },
  },
];
