import { type ChatModel, checkOptions, type OptionTable } from '@pawl/core';
import { AZURE_OPTIONS, createAzureModel } from '@pawl/core/model';
import { checkOwnOptions } from './check-options.ts';
import { createResponsesModel } from './openai-responses.ts';
import { type AzureResponsesOptions, OWN_OPTIONS, RESPONSES_HINTS } from './options.ts';

/**
 * Creates a model of a deployment of Azure OpenAI or Microsoft Foundry on Responses. Stateless, as `openaiResponses()`.
 *
 * @throws ConfigError as `openaiResponses()` does. The first request throws it for a missing endpoint or key.
 *
 * @see https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses
 */
export function azureResponses(deployment: string, options: AzureResponsesOptions = {}): ChatModel {
  const checked = checkOptions(options, OPTIONS, CALLER);
  const own = checkOwnOptions(checked, CALLER);
  return createAzureModel(deployment, checked, {
    caller: CALLER,
    versionedPath: () => '/openai',
    createModel: (name, openaiOptions) => createResponsesModel(name, openaiOptions, { own, caller: CALLER }),
  });
}

const CALLER = 'azureResponses()';

const OPTIONS: OptionTable<AzureResponsesOptions> = {
  keys: { ...AZURE_OPTIONS.keys, ...OWN_OPTIONS.keys },
  hints: { ...RESPONSES_HINTS, ...AZURE_OPTIONS.hints },
};
