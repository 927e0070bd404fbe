export { azureResponses } from './azure-responses.ts';
export { openaiResponses } from './openai-responses.ts';
export type { AzureResponsesOptions, ResponsesOptions } from './options.ts';
export { RESPONSES_ONLY_MODELS } from './responses-models.ts';
