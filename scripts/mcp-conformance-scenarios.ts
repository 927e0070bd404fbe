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

const NO_SAMPLING = 'agents do not ask for sampling or roots';
const NO_PROMPTS = 'agents offer no prompts, resources or completions';
const TEXT_ONLY = 'agents return texts and structured results';
const NO_LOGGING = 'agents do not log to their clients';

/** Scenarios that a revision requires of servers and that do not apply to agents, each with its reason. */
export const SERVER_NOT_RUN: Readonly<Record<string, string>> = {
  'completion-complete': NO_PROMPTS,
  'prompts-list': NO_PROMPTS,
  'prompts-get-simple': NO_PROMPTS,
  'prompts-get-with-args': NO_PROMPTS,
  'prompts-get-embedded-resource': NO_PROMPTS,
  'prompts-get-with-image': NO_PROMPTS,
  'resources-list': NO_PROMPTS,
  'resources-read-text': NO_PROMPTS,
  'resources-read-binary': NO_PROMPTS,
  'resources-templates-read': NO_PROMPTS,
  'resources-subscribe': NO_PROMPTS,
  'resources-unsubscribe': NO_PROMPTS,
  'input-required-result-non-tool-request': NO_PROMPTS,
  'input-required-result-basic-sampling': NO_SAMPLING,
  'input-required-result-basic-list-roots': NO_SAMPLING,
  'input-required-result-multiple-input-requests': NO_SAMPLING,
  'input-required-result-capability-check': NO_SAMPLING,
  'tools-call-sampling': NO_SAMPLING,
  'tools-call-image': TEXT_ONLY,
  'tools-call-audio': TEXT_ONLY,
  'tools-call-embedded-resource': TEXT_ONLY,
  'tools-call-mixed-content': TEXT_ONLY,
  'tools-call-with-logging': NO_LOGGING,
  'logging-set-level': NO_LOGGING,
};

/** The scenarios of the extension for long calls, which no revision requires. */
export const TASK_SCENARIOS: readonly string[] = [
  'tasks-lifecycle',
  'tasks-capability-negotiation',
  'tasks-wire-fields',
  'tasks-request-state-removal',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-dispatch-and-envelope',
  'tasks-status-notifications',
  'tasks-required-task-error',
  'tasks-mrtr-composition',
];

export interface ExpectedFailure {
  /** The checks of the scenario that fail. All others pass. */
  readonly checks: readonly string[];
  readonly reason: string;
}

const NO_SESSION =
  'over HTTP, a client of this revision has no session in which a server could ask; over stdio it is asked';
const ALWAYS_TASK = 'each call of a client that knows tasks is a task, also a short one, and no call needs them';

/** Scenarios that are known to fail: `client REVISION SCENARIO`. */
export const EXPECTED_FAILURES: Readonly<Record<string, ExpectedFailure>> = {
  'server 2025-11-25 tools-call-elicitation': { checks: ['tools-call-elicitation'], reason: NO_SESSION },
  'server 2025-11-25 elicitation-sep1034-defaults': { checks: ['elicitation-sep1034-general'], reason: NO_SESSION },
  'server 2025-11-25 elicitation-sep1330-enums': { checks: ['elicitation-sep1330-general'], reason: NO_SESSION },
  'server 2026-07-28 server-stateless': {
    checks: ['sep-2575-server-rejects-undeclared-capability'],
    reason: 'the capability that agents need of a client is elicitation, and the scenario wants sampling',
  },
  'server 2026-07-28 caching': {
    checks: [
      'sep-2549-prompts-list-caching-hints',
      'sep-2549-resources-list-caching-hints',
      'sep-2549-resources-templates-list-caching-hints',
    ],
    reason: NO_PROMPTS,
  },
  'server 2026-07-28 input-required-result-basic-elicitation': {
    checks: ['sep-2322-elicitation-incomplete'],
    reason: 'a question has a key that names its pending call, and the scenario wants the key "user_name"',
  },
  'server 2026-07-28 tasks-lifecycle': {
    checks: ['tasks-sync-tool-call', 'sep-2663-tasks-get-status-failed'],
    reason: `${ALWAYS_TASK}; the failure of an agent is a result with isError, never an error of the protocol`,
  },
  'server 2026-07-28 tasks-request-headers': {
    checks: ['tasks-headers-tolerate-mcp-method-on-tools-call'],
    reason: ALWAYS_TASK,
  },
  'server 2026-07-28 tasks-dispatch-and-envelope': {
    checks: ['sep-2663-legacy-task-param-ignored', 'tasks-result-type-complete-on-non-task-responses'],
    reason: ALWAYS_TASK,
  },
  'server 2026-07-28 tasks-required-task-error': {
    checks: ['sep-2663-server-returns-missing-capability-when-required'],
    reason: ALWAYS_TASK,
  },
  'server 2026-07-28 tasks-mrtr-composition': {
    checks: ['sep-2663-mrtr-synchronous-before-task-creation'],
    reason: 'a call is a task before it asks, and its questions are those of the task',
  },
};

/** What CI runs of the server. */
export const QUICK_SERVER: Readonly<Record<Revision, readonly string[]>> = {
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
