import { azureResponses, openaiResponses } from '@pawl/responses';
import type { Factory } from './factory.ts';

const WRONG: Factory['wrong'] = [
  [{ reasoning: { effort: 'high' } }, 'The summary is the option "reasoningSummary".'],
  [{ store: true }, 'It is a request field: modelSettings of the agent, { store }.'],
  [{ tools: [] }, 'Those that the server runs are "hostedTools".'],
  [{ maxRetries: 2 }, 'It is an option of the agent: retry: { maxAttempts }.'],
  [{ maxKeptBytes: -1 }, 'maxKeptBytes is -1. Pass a number of 0 or more'],
  [{ hostedTools: ['web_search'] }, 'hostedTools has "web_search", which has no type.'],
  [{ hostedTools: [{ type: 'function' }] }, 'Pass it to the agent'],
  [{ extraBody: { previous_response_id: 'r' } }, 'extraBody has "previous_response_id"'],
];

const OWN = { reasoningSummary: 'auto', isReasoning: true, hostedTools: [{ type: 'web_search' }], maxKeptBytes: 10 };

export const responsesModels: readonly Factory[] = [
  {
    name: 'openaiResponses',
    covers: ['ResponsesOptions'],
    make: (options) => openaiResponses('gpt-5', options),
    valid: { apiKey: 'k', baseURL: 'http://127.0.0.1:1/v1', ...OWN },
    isOptional: true,
    wrong: WRONG,
  },
  {
    name: 'azureResponses',
    covers: ['AzureResponsesOptions'],
    make: (options) => azureResponses('gpt-5', options),
    valid: { endpoint: 'http://127.0.0.1:1', apiKey: 'k', ...OWN },
    isOptional: true,
    wrong: [...WRONG, [{ baseURL: 'http://127.0.0.1:1' }, 'The option is "endpoint".']],
  },
];
