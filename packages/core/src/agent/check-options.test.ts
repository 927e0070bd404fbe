import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import type { AgentOptions } from './agent-options.ts';
import { checkMiddleware, readAgentOptions, readRunOptions } from './check-options.ts';

// By hand: what is refused is refused before any model is asked.
const model = { name: 'm', send: () => Promise.reject(new Error('Nobody asks it.')) };

function withSettings(modelSettings: object): unknown {
  return readAgentOptions({ name: 'a', model, modelSettings: modelSettings });
}

test.each([{}, { n: 1 }, { n: null }, { temperature: 0, stop: ['.'] }, { stop: '.' }, { tools: undefined }])(
  'modelSettings may be %j',
  (modelSettings) => {
    expect(() => withSettings(modelSettings)).not.toThrow();
  },
);

test.each([
  ['messages', [], 'Pass messages to the run: agent.run(messages).'],
  ['model', 'gpt-5', 'Use the option model of the agent.'],
  ['tools', [], 'Use the option tools of the agent.'],
  ['functions', [], 'Use the option tools of the agent: legacy servers get them as functions.'],
  ['tool_choice', 'none', 'Use the option toolChoice of the agent.'],
  ['function_call', 'auto', 'Use the option toolChoice of the agent.'],
  ['stream', true, 'Use the option stream of the run: agent.run(input, { stream }).'],
  ['maxTokens', 5, 'Did you mean "modelSettings.max_completion_tokens"?'],
  [
    'topP',
    1,
    'Did you mean "modelSettings.top_p"? Pass a field that only some servers know with the model: openai(model, { extraBody: { topP } }).',
  ],
  [
    'repetition_penalty',
    1,
    'Did you mean "modelSettings.presence_penalty"? Pass a field that only some servers know with the model: openai(model, { extraBody: { repetition_penalty } }).',
  ],
  [
    'chat_template_kwargs',
    {},
    'Pass a field that only some servers know with the model: openai(model, { extraBody: { chat_template_kwargs } }).',
  ],
])('refuses modelSettings.%s, and names the right option', (field, value, option) => {
  const problem = `there is no option "modelSettings.${field}". ${option}`;
  expect(() => withSettings({ [field]: value })).toThrow(new ConfigError(`Agent "a": ${problem}`));
  expect(() => readRunOptions({ modelSettings: { [field]: value } }, 'a')).toThrow(
    new ConfigError(`Agent "a", run: ${problem}`),
  );
});

test('refuses n greater than 1', () => {
  expect(() => withSettings({ n: 2 })).toThrow(
    new ConfigError(
      'Agent "a": modelSettings.n is 2, but a run uses one choice. Leave it out, or call the model itself: model.send({ messages, n: 2 }).',
    ),
  );
});

class Options implements AgentOptions<unknown, string> {
  readonly model = model;

  get instructions(): string {
    return 'Be brief.';
  }
}

test('reads the options of an instance with its getters', () => {
  expect(readAgentOptions(new Options())).toEqual({ model, instructions: 'Be brief.' });
});

const pass = (): never => {
  throw new Error('Nobody calls it.');
};

test.each([
  [
    'a misspelt hook',
    { wrapModelcal: pass },
    'middleware[0] has no hook "wrapModelcal". Did you mean "wrapModelCall"?',
  ],
  ['a hook of an earlier name', { model: pass }, 'middleware[0] has no hook "model". Did you mean "wrapModelCall"?'],
  [
    'a hook of another library',
    { beforeTool: pass },
    'middleware[0] has no hook "beforeTool". Did you mean "wrapToolCall"?',
  ],
  [
    'a misspelt earlier name',
    { prepareTurn: pass, toool: pass },
    'middleware[0] has no hook "toool". Did you mean "wrapToolCall"?',
  ],
  [
    'a misspelt hook beside another',
    { wrapModelCall: pass, prepareturn: pass },
    'middleware[0] has no hook "prepareturn". Did you mean "prepareTurn"?',
  ],
  [
    'an unknown name',
    { intercept: pass },
    'middleware[0] has no hook "intercept". The hooks are: prepareTurn, wrapModelCall, wrapToolCall.',
  ],
  [
    'the methods of a class under other names',
    new (class {
      wrapModel(): void {}
    })(),
    'middleware[0] has no hook. The hooks are: prepareTurn, wrapModelCall, wrapToolCall.',
  ],
  [
    'a hook that is not a function',
    { wrapToolCall: true },
    'middleware[0].wrapToolCall is not a function. Pass a function, or leave it out.',
  ],
])('refuses a middleware with %s', (_, middleware, problem) => {
  expect(() => checkMiddleware([middleware as never], 'a')).toThrow(new ConfigError(`Agent "a": ${problem}`));
});

test.each([
  ['further fields', { wrapModelCall: pass, tools: [], close: pass }],
  ['no hook and known fields', { tools: [] }],
  [
    'hooks that are methods',
    new (class {
      wrapModelCall = pass;
      prepareTurn() {}
    })(),
  ],
])('accepts a middleware with %s', (_, middleware) => {
  expect(() => checkMiddleware([middleware as never], 'a')).not.toThrow();
});
