import { Agent, withFallback } from '@pawl/core';
import { assertSame, type SuiteCase } from '../case.ts';

const RETRY = { random: () => 0 };

/** Servers that fail. */
export const failingCases: readonly SuiteCase[] = [
  {
    name: 'a server that is busy is asked again',
    async run({ model }) {
      const run = new Agent({ model: model(), ...RETRY }).run('Hi');
      const codes: string[] = [];
      run.on('attempt.failed', ({ error }) => void codes.push(error.name));
      assertSame([(await run).output, codes], ['Hello.', ['HttpError', 'HttpError']]);
    },
  },
  {
    name: 'a connection that breaks is made again, before the reply and within it',
    async run({ model }) {
      const run = new Agent({ model: model(), ...RETRY }).run('Hi', { stream: true });
      const names: string[] = [];
      run.on('attempt.failed', ({ error }) => void names.push(error.name));
      assertSame((await run).output, 'Hello.');
      assertSame(names.length, 2);
    },
  },
  {
    name: 'what trying again does not help ends the run, with the server’s words',
    async run({ model }) {
      const outcome = await new Agent({ model: model(), ...RETRY }).run('Hi').outcome();
      assertSame(outcome.status, 'failed');
      if (outcome.status === 'failed') assertSame(outcome.error.message.includes('No such model.'), true);
    },
  },
  {
    name: 'a redirection is not followed, and a key goes nowhere else',
    async run({ model }) {
      const outcome = await new Agent({ model: model(), retry: { maxAttempts: 1 } }).run('Hi').outcome();
      if (outcome.status !== 'failed') throw new Error(`The run is ${outcome.status}.`);
      assertSame([outcome.error.name, outcome.error.message.includes('307')], ['HttpError', true]);
    },
  },
  {
    name: 'another model answers where the first one can not',
    async run({ model }) {
      const nowhere = model({ baseURL: 'http://127.0.0.1:9/v1' });
      const both = withFallback(nowhere, model());
      assertSame((await new Agent({ model: both, ...RETRY, retry: { maxAttempts: 1 } }).run('Hi')).output, 'Hello.');
    },
  },
  {
    name: 'a server that is not there is told as that',
    async run({ model }) {
      const nowhere = model({ baseURL: 'http://127.0.0.1:9/v1' });
      const outcome = await new Agent({ model: nowhere, retry: { maxAttempts: 1 } }).run('Hi').outcome();
      assertSame(outcome.status === 'failed' && outcome.error.name, 'NetworkError');
    },
  },
  {
    name: 'an answer that was cut is taken for none',
    async run({ model }) {
      const outcome = await new Agent({ model: model() }).run('Hi').outcome();
      assertSame(outcome.status === 'truncated' && outcome.text, 'Once upon');
    },
  },
];
