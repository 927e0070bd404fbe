import { callAsync } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { readEnvironment } from '../base/read-environment.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { resolvePrice } from '../model/price.ts';
import { findProfile } from './find-profile.ts';
import { openai } from './openai.ts';
import { OPENAI_OPTIONS, type OpenAIOptions } from './openai-options.ts';
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
export function azure(deployment: string, options: AzureOptions = {}): ChatModel {
  return createAzureModel(deployment, checkOptions(options, AZURE_OPTIONS, CHAT_COMPLETIONS.caller), CHAT_COMPLETIONS);
}

/** An API of Azure: the function that users call, and how a model of its deployments is made. */
export interface AzureApi {
  /** As errors name it: `azure()`. */
  readonly caller: string;
  /** The path of a deployment for requests with a dated version. */
  readonly versionedPath: (deployment: string) => string;
  readonly createModel: (deployment: string, options: OpenAIOptions) => ChatModel;
}

const CHAT_COMPLETIONS: AzureApi = {
  caller: 'azure()',
  versionedPath: (deployment) => `/openai/deployments/${encodeURIComponent(deployment)}`,
  createModel: openai,
};

/** Creates a model of a deployment for one API of Azure, from options that were checked. @throws ConfigError as `azure()` does */
export function createAzureModel(deployment: string, checked: AzureOptions, api: AzureApi): ChatModel {
  const { caller } = api;
  const { tokenProvider, apiKey } = checked;
  const price = checked.price && resolvePrice(checked.price, deployment, caller);
  const options = { ...checked, ...(price && { price }) };
  if (tokenProvider !== undefined && apiKey !== undefined) {
    throw new ConfigError(`${caller} has both an apiKey and a tokenProvider. Pass one of them.`);
  }
  const endpoint = readEndpoint(options);
  const createModel = (known: string): ChatModel =>
    api.createModel(deployment, toOpenAIOptions(known, deployment, { options, api }));
  if (endpoint !== undefined) return createModel(endpoint);
  let model: ChatModel | undefined;
  return {
    name: deployment,
    ...(price && { price }),
    send: (request, context) =>
      callAsync(() => {
        // Read again: a module that loads environment variables may have run after this one.
        model ??= createModel(readEndpoint(options) ?? throwMissingEndpoint(caller));
        return model.send(request, context);
      }),
  };
}

const { baseURL: _, organization: __, project: ___, ...SHARED } = OPENAI_OPTIONS.keys;

export const AZURE_OPTIONS: OptionTable<AzureOptions> = {
  keys: { ...SHARED, profile: 'object', endpoint: 'text', apiVersion: 'text', tokenProvider: 'function' },
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

function throwMissingEndpoint(caller: string): never {
  throw new ConfigError(
    `${caller} has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: ${caller.slice(0, -1)}deployment, { endpoint }).`,
  );
}

interface AzureScope {
  readonly options: AzureOptions;
  readonly api: AzureApi;
}

function toOpenAIOptions(
  endpoint: string,
  deployment: string,
  { options, api: { caller, versionedPath } }: AzureScope,
): OpenAIOptions {
  const { endpoint: _, apiVersion = readEnvironment('OPENAI_API_VERSION'), tokenProvider, ...rest } = options;
  const root = trimEndpoint(endpoint, caller);
  const path = apiVersion === undefined ? '/openai/v1' : versionedPath(deployment);
  const { keyHeader, apiKeyVariable, needsKey } = PROFILES.azure;
  const baseURL = `${root}${path}`;
  const query = apiVersion === undefined ? rest.query : { 'api-version': apiVersion, ...rest.query };
  const suggested = findProfile(resolveServer(baseURL, query));
  return {
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
  };
}

/** Removes an API path, because the portal of Azure shows endpoints with one. */
function trimEndpoint(endpoint: string, caller: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.search) {
    throw new ConfigError(`The endpoint of ${caller} has a query. Remove it, and pass the option apiVersion or query.`);
  }
  const text = (url === undefined ? endpoint : url.href).replace(/\/+$/, '');
  return text.replace(/\/openai(\/v1)?$/, '');
}
