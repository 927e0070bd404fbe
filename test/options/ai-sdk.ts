import { fromAiSdk } from '@pawl/ai-sdk';
import { MockLanguageModelV4 } from 'ai/test';
import type { Factory } from './factory.ts';

const mock = new MockLanguageModelV4({ modelId: 'mock-1' });

export const aiSdk: readonly Factory[] = [
  {
    name: 'fromAiSdk',
    covers: ['AiSdkOptions'],
    make: (options) => fromAiSdk(mock, options),
    valid: {
      name: 'mine',
      strict: true,
      filesInResults: true,
      providerOptions: { mock: {} },
      maxKeptBytes: 10,
      cacheKey: 'k',
    },
    isOptional: true,
    wrong: [
      [{ maxRetries: 2 }, 'It is an option of the agent: retry: { maxAttempts }.'],
      [{ temperature: 1 }, 'It is a request field: modelSettings of the agent, { temperature }.'],
      [{ apiKey: 'k' }, 'It is an option of the provider: createAnthropic({ apiKey }).'],
      [{ strict: 'yes' }, 'strict is the text "yes". Pass true or false.'],
      [{ providerOptions: 'thinking' }, 'providerOptions is the text "thinking". Pass an object, or a function.'],
      [{ providerOptions: { thinking: 'on' } }, 'must have one object for each provider'],
      [{ maxKeptBytes: -1 }, 'maxKeptBytes is -1. Pass a number of 0 or more'],
      [{ responseLimits: { maxCalls: 1 } }, 'The option is "maxToolCalls".'],
      [{ responseLimits: { maxBytes: 0 } }, 'responseLimits.maxBytes is 0.'],
      [{ price: { input: 1 } }, 'price.output is undefined.'],
    ],
  },
];
