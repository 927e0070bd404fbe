import { callAsync } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { readEnvironment } from '../base/read-environment.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { resolvePrice } from '../model/price.ts';
import { OPENAI, type OpenAIOptions, openai } from './openai.ts';
import type { Profile } from './profile.ts';
import { profileAt } from './profile-at.ts';
import { PROFILES } from './profiles.ts';
import { serverAt } from './server.ts';

export interface AzureOptions extends Omit<OpenAIOptions, 'baseURL' | 'organization' | 'project' | 'profile'> {
  /** What is different from the profile of Azure: for models of other makers. */
  readonly profile?: Partial<Profile>;
  /** `https://my-resource.openai.azure.com`. @defaultValue the variable `AZURE_OPENAI_ENDPOINT` */
  readonly endpoint?: string;
  /**
   * The dated version of the API, such as `'2024-10-21'`: requests then go to the deployment's own address.
   *
   * @defaultValue the variable `OPENAI_API_VERSION`; without one the API that needs no version, `/openai/v1`
   */
  readonly apiVersion?: string;
  /** Sent as `api-key`. @defaultValue the variable `AZURE_OPENAI_API_KEY` */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** Gives a token of Entra ID, sent as a bearer token in place of a key. Asked for each attempt. */
  readonly tokenProvider?: () => string | Promise<string>;
}

/**
 * A deployment of Azure OpenAI, or of Microsoft Foundry.
 *
 * @throws ConfigError for what `openai()` throws. A missing endpoint or key is thrown by the first request.
 */
export function azure(deployment: string, given: AzureOptions = {}): ChatModel {
  const checked = checkOptions(given, AZURE, 'azure()');
  const { tokenProvider, apiKey } = checked;
  const price = checked.price && resolvePrice(checked.price, deployment, 'azure()');
  const options = { ...checked, ...(price && { price }) };
  if (tokenProvider !== undefined && apiKey !== undefined) {
    throw new ConfigError('azure() has both an apiKey and a tokenProvider. Pass one of them.');
  }
  const endpoint = endpointOf(options);
  if (endpoint !== undefined) return deploymentAt(endpoint, deployment, options);
  let model: ChatModel | undefined;
  return {
    name: deployment,
    ...(price && { price }),
    send: (request, context) =>
      callAsync(() => {
        // Looked up again: what loads the environment may have run after this module.
        model ??= deploymentAt(endpointOf(options) ?? missing(), deployment, options);
        return model.send(request, context);
      }),
  };
}

const { apiKey, headers, query, fetch, dispatcher, price, extraBody, timeouts, responseLimits: caps } = OPENAI.keys;

const AZURE: OptionTable<AzureOptions> = {
  keys: {
    ...{ apiKey, headers, query, fetch, dispatcher, price, extraBody, timeouts, responseLimits: caps },
    ...{ profile: 'object', endpoint: 'text', apiVersion: 'text', tokenProvider: 'function' },
  },
  hints: {
    ...OPENAI.hints,
    baseURL: 'The option is "endpoint".',
    url: 'The option is "endpoint".',
    endpoint: 'The option is "endpoint".',
    version: 'The option is "apiVersion".',
    azureADTokenProvider: 'The option is "tokenProvider".',
    deployment: 'The deployment comes first: azure(deployment, options).',
    resourceName: 'The option is "endpoint": https://….openai.azure.com.',
  },
};

function endpointOf({ endpoint = readEnvironment('AZURE_OPENAI_ENDPOINT') }: AzureOptions): string | undefined {
  return endpoint?.trim() === '' ? undefined : endpoint;
}

function missing(): never {
  throw new ConfigError(
    'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: azure(deployment, { endpoint }).',
  );
}

function deploymentAt(given: string, deployment: string, options: AzureOptions): ChatModel {
  const { endpoint: _, apiVersion = readEnvironment('OPENAI_API_VERSION'), tokenProvider, ...rest } = options;
  const root = rootOf(given);
  const path = apiVersion === undefined ? '/openai/v1' : `/openai/deployments/${encodeURIComponent(deployment)}`;
  const { keyHeader, apiKeyVariable, needsKey } = PROFILES.azure;
  const baseURL = `${root}${path}`;
  const query = apiVersion === undefined ? rest.query : { 'api-version': apiVersion, ...rest.query };
  const suggested = profileAt(serverAt(baseURL, query));
  return openai(deployment, {
    ...rest,
    baseURL,
    profile: {
      base: suggested === PROFILES.foundry ? 'foundry' : 'azure',
      ...rest.profile,
      // Whoever answers there, it is Azure that lets us in.
      apiKeyVariable: apiKeyVariable,
      needsKey,
      keyHeader: tokenProvider === undefined ? keyHeader : 'authorization',
    },
    ...(tokenProvider && { apiKey: tokenProvider }),
    ...(query && { query }),
  });
}

/** Azure's pages show the endpoint with the path of one of its APIs as well: that is added here. */
function rootOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.search) {
    throw new ConfigError('The endpoint of azure() has a query. Leave it out, and pass apiVersion or query.');
  }
  const text = (url === undefined ? endpoint : url.href).replace(/\/+$/, '');
  return text.replace(/\/openai(\/v1)?$/, '');
}
