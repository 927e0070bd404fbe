import { callAsync } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { readEnvironment } from '../base/read-environment.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { resolvePrice } from '../model/price.ts';
import { findProfile } from './find-profile.ts';
import { OPENAI_OPTIONS, type OpenAIOptions, openai } from './openai.ts';
import type { Profile } from './profile.ts';
import { PROFILES } from './profiles.ts';
import { resolveServer } from './server.ts';

export interface AzureOptions extends Omit<OpenAIOptions, 'baseURL' | 'organization' | 'project' | 'profile'> {
  /** Changes to the profile of Azure, for models of other vendors. */
  readonly profile?: Partial<Profile>;
  /** `https://my-resource.openai.azure.com`. @defaultValue the variable `AZURE_OPENAI_ENDPOINT` */
  readonly endpoint?: string;
  /**
   * The dated version of the API, such as `'2024-10-21'`. With a version, requests go to the URL of the deployment.
   *
   * @defaultValue the variable `OPENAI_API_VERSION`; if it is not set, the unversioned API `/openai/v1`
   */
  readonly apiVersion?: string;
  /** Sent as `api-key`. @defaultValue the variable `AZURE_OPENAI_API_KEY` */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** Returns a token of Entra ID, sent as a bearer token instead of a key. Called for each attempt. */
  readonly tokenProvider?: () => string | Promise<string>;
}

/**
 * Creates a model of a deployment of Azure OpenAI or Microsoft Foundry.
 *
 * @throws ConfigError as `openai()` does. The first request throws it for a missing endpoint or key.
 */
export function azure(deployment: string, azureOptions: AzureOptions = {}): ChatModel {
  const checked = checkOptions(azureOptions, AZURE, 'azure()');
  const { tokenProvider, apiKey } = checked;
  const price = checked.price && resolvePrice(checked.price, deployment, 'azure()');
  const options = { ...checked, ...(price && { price }) };
  if (tokenProvider !== undefined && apiKey !== undefined) {
    throw new ConfigError('azure() has both an apiKey and a tokenProvider. Pass one of them.');
  }
  const endpoint = readEndpoint(options);
  if (endpoint !== undefined) return createDeployment(endpoint, deployment, options);
  let model: ChatModel | undefined;
  return {
    name: deployment,
    ...(price && { price }),
    send: (request, context) =>
      callAsync(() => {
        // Read again: a module that loads environment variables may have run after this one.
        model ??= createDeployment(readEndpoint(options) ?? throwMissingEndpoint(), deployment, options);
        return model.send(request, context);
      }),
  };
}

const { apiKey, headers, query, fetch, dispatcher, price, extraBody, timeouts, responseLimits } = OPENAI_OPTIONS.keys;

const AZURE: OptionTable<AzureOptions> = {
  keys: {
    ...{ apiKey, headers, query, fetch, dispatcher, price, extraBody, timeouts, responseLimits },
    ...{ profile: 'object', endpoint: 'text', apiVersion: 'text', tokenProvider: 'function' },
  },
  hints: {
    ...OPENAI_OPTIONS.hints,
    baseURL: 'The option is "endpoint".',
    url: 'The option is "endpoint".',
    endpoint: 'The option is "endpoint".',
    version: 'The option is "apiVersion".',
    azureADTokenProvider: 'The option is "tokenProvider".',
    deployment: 'The deployment comes first: azure(deployment, options).',
    resourceName: 'The option is "endpoint": https://….openai.azure.com.',
  },
};

function readEndpoint({ endpoint = readEnvironment('AZURE_OPENAI_ENDPOINT') }: AzureOptions): string | undefined {
  return endpoint?.trim() === '' ? undefined : endpoint;
}

function throwMissingEndpoint(): never {
  throw new ConfigError(
    'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: azure(deployment, { endpoint }).',
  );
}

function createDeployment(endpoint: string, deployment: string, options: AzureOptions): ChatModel {
  const { endpoint: _, apiVersion = readEnvironment('OPENAI_API_VERSION'), tokenProvider, ...rest } = options;
  const root = trimEndpoint(endpoint);
  const path = apiVersion === undefined ? '/openai/v1' : `/openai/deployments/${encodeURIComponent(deployment)}`;
  const { keyHeader, apiKeyVariable, needsKey } = PROFILES.azure;
  const baseURL = `${root}${path}`;
  const query = apiVersion === undefined ? rest.query : { 'api-version': apiVersion, ...rest.query };
  const suggested = findProfile(resolveServer(baseURL, query));
  return openai(deployment, {
    ...rest,
    baseURL,
    profile: {
      base: suggested === PROFILES.foundry ? 'foundry' : 'azure',
      ...rest.profile,
      // Azure checks the key, whichever vendor's model it serves.
      apiKeyVariable,
      needsKey,
      keyHeader: tokenProvider === undefined ? keyHeader : 'authorization',
    },
    ...(tokenProvider && { apiKey: tokenProvider }),
    ...(query && { query }),
  });
}

/** Removes an API path, because the portal of Azure shows endpoints with one. */
function trimEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.search) {
    throw new ConfigError('The endpoint of azure() has a query. Remove it, and pass the option apiVersion or query.');
  }
  const text = (url === undefined ? endpoint : url.href).replace(/\/+$/, '');
  return text.replace(/\/openai(\/v1)?$/, '');
}
