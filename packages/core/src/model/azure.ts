import { ConfigError } from '../base/errors.ts';
import type { ChatModel } from './chat-model.ts';
import { environmentVariable } from './environment.ts';
import { type OpenAIOptions, openai } from './openai.ts';

export interface AzureOptions extends Omit<OpenAIOptions, 'baseURL' | 'organization' | 'project'> {
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
 * A deployment of Azure OpenAI.
 *
 * @throws ConfigError for a missing endpoint or key, or what `openai()` throws.
 */
export function azure(deployment: string, options: AzureOptions = {}): ChatModel {
  const { endpoint, apiVersion = environmentVariable('OPENAI_API_VERSION'), tokenProvider, ...rest } = options;
  const root = (endpoint ?? environmentVariable('AZURE_OPENAI_ENDPOINT'))?.replace(/\/+$/, '');
  if (root === undefined || root === '') {
    throw new ConfigError(
      'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: azure(deployment, { endpoint }).',
    );
  }
  if (tokenProvider !== undefined && options.apiKey !== undefined) {
    throw new ConfigError('azure() has both an apiKey and a tokenProvider. Pass one of them.');
  }
  const path = apiVersion === undefined ? '/openai/v1' : `/openai/deployments/${encodeURIComponent(deployment)}`;
  const changes = typeof rest.profile === 'string' ? { base: rest.profile } : rest.profile;
  return openai(deployment, {
    ...rest,
    baseURL: `${root}${path}`,
    profile: { base: 'azure', ...changes, ...(tokenProvider && { keyHeader: 'authorization' }) },
    ...(tokenProvider && { apiKey: tokenProvider }),
    ...(apiVersion !== undefined && { query: { 'api-version': apiVersion, ...rest.query } }),
  });
}
