import type { McpUrlOptions } from '@pawl/mcp';

type Provider = NonNullable<McpUrlOptions['auth']>;

const REDIRECT = 'http://localhost:3000/callback';

/** A provider whose user agrees at once: it follows the redirect to the authorization server by itself, and keeps its answer. */
export class TestProvider implements Provider {
  readonly redirectUrl: string = REDIRECT;
  readonly clientMetadataUrl: string = 'https://conformance-test.local/client-metadata.json';
  readonly clientMetadata: Provider['clientMetadata'] = {
    client_name: 'pawl-conformance',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
  #client: Awaited<ReturnType<Provider['clientInformation']>>;
  #tokens: Awaited<ReturnType<Provider['tokens']>>;
  #verifier = '';
  #answer: URLSearchParams | undefined;
  #discovery: Awaited<ReturnType<NonNullable<Provider['discoveryState']>>>;

  constructor(client: Awaited<ReturnType<Provider['clientInformation']>>) {
    this.#client = client;
  }

  get hasAnswer(): boolean {
    return this.#answer !== undefined;
  }

  takeAnswer(): URLSearchParams | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }

  clientInformation(): Awaited<ReturnType<Provider['clientInformation']>> {
    return this.#client;
  }

  saveClientInformation(client: NonNullable<Awaited<ReturnType<Provider['clientInformation']>>>): void {
    this.#client = client;
  }

  tokens(): Awaited<ReturnType<Provider['tokens']>> {
    return this.#tokens;
  }

  saveTokens(tokens: Parameters<Provider['saveTokens']>[0]): void {
    this.#tokens = tokens;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    const response = await fetch(url, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (location === null) throw new Error(`There is no redirect from ${url}.`);
    this.#answer = new URL(location).searchParams;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: Parameters<NonNullable<Provider['saveDiscoveryState']>>[0]): void {
    this.#discovery = state;
  }

  discoveryState(): Awaited<ReturnType<NonNullable<Provider['discoveryState']>>> {
    return this.#discovery;
  }

  invalidateCredentials(scope: Parameters<NonNullable<Provider['invalidateCredentials']>>[0]): void {
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined;
    if (scope === 'all' || scope === 'client') this.#client = undefined;
    if (scope === 'all' || scope === 'discovery') this.#discovery = undefined;
  }
}

/** Creates a provider, with the client that the scenario has registered. */
export function createTestProvider(context: {
  readonly client_id?: string;
  readonly client_secret?: string;
}): TestProvider {
  const { client_id: id, client_secret: secret } = context;
  return new TestProvider(
    id === undefined ? undefined : { client_id: id, ...(secret !== undefined && { client_secret: secret }) },
  );
}
