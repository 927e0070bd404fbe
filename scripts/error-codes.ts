import { CODES_OF_HOSTS, type ErrorCode } from './error-codes-of-hosts.ts';
import { CODES_OF_INSPECTOR } from './error-codes-of-inspector.ts';
import { CODES_OF_MCP } from './error-codes-of-mcp.ts';
import { CODES_OF_SERVE } from './error-codes-of-serve.ts';

/** Every code of an error of the packages. `test/package/errors.test.ts` compares it with the source. */
export const ERROR_CODES: Readonly<Record<string, ErrorCode>> = {
  'config.invalid': {
    class: 'ConfigError',
    cause: 'An option, a definition or an argument is wrong. The message quotes it.',
    action: 'Change the code. Nothing ran.',
  },
  'config.two_copies': {
    class: 'ConfigError',
    cause: 'An agent as a tool or a handoff comes from another copy of `@pawl/core`.',
    action: 'Install one version: `npm ls @pawl/core` lists the copies.',
  },

  'run.suspended': {
    class: 'RunSuspendedError',
    cause: 'Calls wait for an answer.',
    action: 'Answer `error.outcome.pending` with `host.answer`, then `agent.resume`.',
  },
  'run.limited': {
    class: 'RunLimitedError',
    cause: 'A limit was exceeded.',
    action: 'Use `error.outcome.output` if there is one, or raise the limit named by `error.outcome.limit`.',
  },
  'run.truncated': {
    class: 'RunTruncatedError',
    cause: "The server's token limit cut the response, twice.",
    action: 'Raise `max_completion_tokens`, or use `error.outcome.text` as what it is.',
  },
  'run.filtered': {
    class: 'RunFilteredError',
    cause: "The server's content filter stopped the prompt or the response.",
    action: 'Tell the user. A fallback is not used: another filter is your decision.',
  },
  'run.refused': {
    class: 'RunRefusedError',
    cause: 'The model or a guard refused.',
    action: 'Show `error.outcome.refusal`.',
  },
  'run.aborted': {
    class: 'RunAbortedError',
    cause: 'A signal, `run.abort`, `host.cancel` or `AbortRun` ended the run.',
    action: '`error.outcome.reason` says why. The run cannot be resumed.',
  },
  'run.failed': {
    class: 'RunFailedError',
    cause: 'Nothing else helped: the model failed, or the agent could not go on.',
    action: '`error.cause` is the error itself; `error.outcome.attempts` lists the attempts.',
  },

  'run.abort': {
    class: 'AbortRun',
    cause: 'Thrown by a tool or middleware of yours, to abort the run.',
    action: 'The outcome is `aborted`.',
  },
  'run.refuse': {
    class: 'RefuseRun',
    cause: 'Thrown by a tool or middleware of yours, to end the run as refused.',
    action: 'The outcome is `refused`.',
  },
  'run.suspend': {
    class: 'SuspendRun',
    cause: 'Thrown by a tool of yours, to wait for a person.',
    action: 'The outcome is `suspended`; answer the pending call.',
  },
  'tool.unknown_outcome': {
    class: 'UnknownOutcomeError',
    cause: 'Thrown by a tool of yours that cannot know whether its call had its effect.',
    action: "The tool's `onUnknownOutcome` decides. Without it the model is warned not to repeat the call unchecked.",
  },

  'http.<status>': {
    class: 'HttpError',
    cause: 'The model server responded with a status other than 2xx: `http.429`, `http.503`.',
    action: '`retryable` says whether another attempt can help; the message has the advice.',
  },
  'context.too_long': {
    class: 'ContextLengthError',
    cause: "The conversation is longer than the model's context window.",
    action: 'Shorten it: `compactBySummary`, `compactByReference`, or a model with a larger window.',
  },
  'model.unsupported': {
    class: 'ModelError',
    cause:
      'A provider of the AI SDK cannot express the request, or asks for what Pawl cannot give. The message quotes it.',
    action: 'Change the request or `providerOptions`, or use another model.',
  },
  'model.failed': {
    class: 'ModelError',
    cause: 'A provider of the AI SDK threw an error that is none of a server or a connection. `error.cause` has it.',
    action: 'Read the cause. It is not retried.',
  },
  'network.refused': {
    class: 'NetworkError',
    cause: 'Nothing listens at the address.',
    action: 'Check `baseURL` and that the server runs.',
  },
  'network.reset': {
    class: 'NetworkError',
    cause: 'The connection was closed before the response was complete.',
    action: 'It is retried. If it persists, check the server and proxies.',
  },
  'network.timeout': {
    class: 'NetworkError',
    cause: 'The operating system gave up the connection.',
    action: 'Check the network; it is retried.',
  },
  'network.unknown_host': {
    class: 'NetworkError',
    cause: 'The hostname cannot be resolved.',
    action: 'Check `baseURL` and DNS.',
  },
  'network.unreachable': {
    class: 'NetworkError',
    cause: 'There is no route to the address.',
    action: 'Check the network and firewalls.',
  },
  'network.untrusted': {
    class: 'NetworkError',
    cause: "The server's certificate is not trusted.",
    action: 'Add the authority with `NODE_EXTRA_CA_CERTS`.',
  },
  'network.proxy': {
    class: 'NetworkError',
    cause: 'The proxy refused the request or the connection.',
    action: 'Check `HTTPS_PROXY`, its credentials, and `NO_PROXY`.',
  },
  'network.dispatcher': {
    class: 'NetworkError',
    cause: 'The `dispatcher` that you passed refused the request: it is closed, or a mock without an answer.',
    action: 'Check the dispatcher. It is not retried.',
  },
  'network.failed': {
    class: 'NetworkError',
    cause: 'The request failed in another way; `cause` has the error.',
    action: 'Read `cause`.',
  },
  'timeout.<phase>': {
    class: 'TimeoutError',
    cause: 'A deadline passed: `timeout.connect`, `timeout.first_byte`, `timeout.idle` or `timeout.attempt`.',
    action: 'Raise `timeouts` of the model or `retry.attemptTimeoutMs`, if the server is only slow.',
  },

  'response.garbage': {
    class: 'ProtocolError',
    cause: 'The response is not a Chat Completions response. `received` has its beginning.',
    action: 'It is retried. Check `baseURL`: a page of a proxy looks like this.',
  },
  'response.error': {
    class: 'ProtocolError',
    cause: 'The server reported an error with status 200, or inside a stream.',
    action: 'It is retried. The message quotes the server.',
  },
  'response.cut': {
    class: 'ProtocolError',
    cause: 'The stream ended without a finish reason.',
    action: 'It is retried.',
  },
  'response.empty_choices': {
    class: 'ProtocolError',
    cause: 'The response has no choices.',
    action: 'It is retried.',
  },
  'response.too_large': {
    class: 'ProtocolError',
    cause: 'The response exceeds `responseLimits`.',
    action: 'Raise `responseLimits` of the model, if the response is meant.',
  },
  'response.malformed': {
    class: 'MalformedResponseError',
    cause: 'The server could not read what the model wrote, and reported it as an error.',
    action: 'It is retried, and the next attempt tells the model.',
  },
  'response.encoding': {
    class: 'ProtocolError',
    cause: 'The response has an encoding that was not asked for.',
    action: 'Check the proxy in between. It is not retried.',
  },
  'response.empty': {
    class: 'EmptyResponseError',
    cause: 'The model responded with nothing, twice.',
    action: 'Check the prompt and `max_completion_tokens`: reasoning may use all of it.',
  },

  'output.invalid': {
    class: 'InvalidOutputError',
    cause: 'The output did not pass the schema after `maxOutputRetries`.',
    action: 'Simplify the schema, describe its fields, or raise `maxOutputRetries`.',
  },
  'tool.invalid_input': {
    class: 'InvalidToolInputError',
    cause: 'The model sent invalid arguments to a tool in more turns in a row than `maxInputRetries`.',
    action: 'Describe the fields, allow more, or raise `maxInputRetries`.',
  },
  'tool.repeated_failure': {
    class: 'RepeatedToolFailureError',
    cause: 'The model made the same call four times, and it failed the same way.',
    action: 'Make the error message of the tool say what to do instead.',
  },
  'call.failed': {
    class: 'CallError',
    cause:
      'A call or a question of a flow has no result: `reason` says whether it failed, was denied, expired or did not match its schema.',
    action: 'Catch it in the code of the flow, or let it end the flow as `failed`.',
  },
  'tool.timeout': {
    class: 'ToolTimeoutError',
    cause: 'A tool exceeded its `timeoutMs`. The model reads it; the run continues.',
    action: 'Raise `timeoutMs`, or pass the `signal` on.',
  },
  'result.unreadable': {
    class: 'ToolError',
    cause: 'A tool returned a promise, a `Response`, a stream, bytes or a function within its result.',
    action: 'Await it, or return JSON, text or `contentParts`.',
  },
  'guard.failed': {
    class: 'GuardError',
    cause: 'The check of a guard threw, timed out or returned an unknown verdict. Guards fail closed.',
    action: '`cause` has the error. Fix the check.',
  },

  ...CODES_OF_HOSTS,
  ...CODES_OF_MCP,
  ...CODES_OF_SERVE,
  ...CODES_OF_INSPECTOR,
};

/** Literals in the source that look like codes of errors and are something else. */
export const NOT_CODES: readonly string[] = [
  'cassette.jsonl',
  'host.answer',
  'host.cancel',
  'host.close',
  'host.invalid',
  'inspector.css',
  'inspector.js',
  'network.transport',
  'response.cancelled',
  'response.completed',
  'response.created',
  'response.failed',
  'response.in_progress',
  'response.incomplete',
  'run.off',
  'run.on',
  'run.steer',
];
