type Revision = '2025-11-25' | '2026-07-28';

/** What CI runs of the client: a scenario of each kind. */
export const QUICK: Readonly<Record<Revision, readonly string[]>> = {
  '2025-11-25': [
    'initialize',
    'tools_call',
    'elicitation-sep1034-client-defaults',
    'sse-retry',
    'auth/metadata-default',
    'auth/basic-cimd',
    'auth/scope-step-up',
    'auth/token-endpoint-auth-basic',
    'auth/token-endpoint-auth-none',
    'auth/pre-registration',
  ],
  '2026-07-28': [
    'tools_call',
    'request-metadata',
    'auth/metadata-default',
    'auth/scope-step-up',
    'auth/iss-wrong-issuer',
    'auth/authorization-server-migration',
    'sep-2322-client-request-state',
    'http-standard-headers',
    'http-custom-headers',
    'http-invalid-tool-headers',
  ],
};

/** Scenarios that are known to fail, each with its reason: `client REVISION SCENARIO`. */
export const EXPECTED_FAILURES: Readonly<Record<string, string>> = {
  'server 2026-07-28 server-stateless':
    'four of its checks call tools that ask for sampling and that log, which agents do not',
  'server 2026-07-28 caching': 'three of its checks list prompts and resources, which agents do not offer',
};

/** The server scenarios that apply to agents: they return text, and offer no resources, prompts or completions. */
export const SERVER_SCENARIOS: Readonly<Record<Revision, readonly string[]>> = {
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'tools-call-simple-text',
    'tools-call-error',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'server-stateless',
    'tools-list',
    'tools-call-simple-text',
    'tools-call-error',
    'dns-rebinding-protection',
    'caching',
  ],
};
