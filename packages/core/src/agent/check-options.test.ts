import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { checkSettings } from './check-options.ts';

test.each([{}, { n: 1 }, { n: null }, { temperature: 0, stop: ['.'] }, { tools: undefined }])(
  'settings may be %j',
  (settings) => {
    expect(() => checkSettings(settings, 'a')).not.toThrow();
  },
);

test.each([
  ['messages', [], 'Pass messages to the run: agent.run(messages).'],
  ['model', 'gpt-5', 'Use the option model of the agent.'],
  ['tools', [], 'Use the option tools of the agent.'],
  ['functions', [], 'Use the option tools of the agent: a legacy server is sent them as functions.'],
  ['tool_choice', 'none', 'Use the option toolChoice of the agent.'],
  ['function_call', 'auto', 'Use the option toolChoice of the agent.'],
  ['stream', true, 'Use the option stream of the run: agent.run(input, { stream }).'],
])('%s is no setting, and the right option is told', (field, value, option) => {
  expect(() => checkSettings({ [field]: value }, 'a')).toThrow(
    new ConfigError(`Agent "a": settings.${field} is no setting. ${option}`),
  );
});

test('one reply is followed, so that no more can be asked for', () => {
  expect(() => checkSettings({ n: 2 }, 'a')).toThrow(
    new ConfigError(
      'Agent "a": settings.n is 2, but a run follows one reply. Leave it out, or ask the model itself: model.send({ messages, n: 2 }).',
    ),
  );
});
