import { ConfigError } from '../base/errors.ts';
import type { ChatModel } from './chat-model.ts';
import { environmentVariable } from './environment.ts';
import { type OpenAIOptions, openai } from './openai.ts';
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
 * @throws ConfigError for a missing endpoint or key, or what `openai()` throws.
 */
export function azure(deployment: string, options: AzureOptions = {}): ChatModel {
  const { endpoint, apiVersion = environmentVariable('OPENAI_API_VERSION'), tokenProvider, ...rest } = options;
  if (tokenProvider !== undefined && options.apiKey !== undefined) {
    throw new ConfigError('azure() has both an apiKey and a tokenProvider. Pass one of them.');
  }
  const root = rootOf(endpoint ?? environmentVariable('AZURE_OPENAI_ENDPOINT'));
  const path = apiVersion === undefined ? '/openai/v1' : `/openai/deployments/${encodeURIComponent(deployment)}`;
  const { keyHeader, keyVariable, needsKey } = PROFILES.azure;
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
      keyVariable,
      needsKey,
      keyHeader: tokenProvider === undefined ? keyHeader : 'authorization',
    },
    ...(tokenProvider && { apiKey: tokenProvider }),
    ...(query && { query }),
  });
}

/** Azure's pages show the endpoint with the path of one of its APIs as well: that is added here. */
function rootOf(endpoint: string | undefined): string {
  if (endpoint === undefined || endpoint.trim() === '') {
    throw new ConfigError(
      'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: azure(deployment, { endpoint }).',
    );
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.search) {
    throw new ConfigError('The endpoint of azure() has a query. Leave it out, and pass apiVersion or query.');
  }
  const text = (url === undefined ? endpoint : url.href).replace(/\/+$/, '');
  return text.replace(/\/openai(\/v1)?$/, '');
}
