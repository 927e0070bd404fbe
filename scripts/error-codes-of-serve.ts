import type { ErrorCode } from './error-codes-of-hosts.ts';

/** Codes that only a client of `@pawl/serve` gets, in the field `code` of an error. */
export const CODES_OF_SERVE: Readonly<Record<string, ErrorCode>> = {
  'run.busy': {
    class: 'HttpProblem',
    cause:
      'HTTP 422: another process works on the run, so a message cannot reach its model; or the run of `previous_response_id` has not ended.',
    action: 'Send the message when the run has ended or waits.',
  },
  'run.forbidden': {
    class: 'HttpProblem',
    cause: 'HTTP 403: only an operator may fork a run.',
    action: 'Use the key of an operator.',
  },
  'approval.forbidden': {
    class: 'HttpProblem',
    cause: 'HTTP 403: `mayAnswer` refused the principal.',
    action: 'Let somebody answer who may.',
  },
  'approval.fingerprint': {
    class: 'HttpProblem',
    cause: 'HTTP 422: an approval of `useChat` has no signature, so it may be for another call than the page shows.',
    action: 'Update the package `ai` of the page.',
  },
  'approval.type': {
    class: 'HttpProblem',
    cause: 'HTTP 422: the call of an approval takes another answer.',
    action: 'Answer it with `POST /v1/runs/{id}/answers`.',
  },
  'conversation.unknown': {
    class: 'HttpProblem',
    cause: 'HTTP 404: the principal has no such conversation, or the server stores none.',
    action: 'Pass `conversations` to `serve`.',
  },
  'conversation.branches': {
    class: 'HttpProblem',
    cause: 'HTTP 422: messages of the conversation were edited too often.',
    action: 'Begin another conversation.',
  },
  'conversation.changed': {
    class: 'HttpProblem',
    cause: 'HTTP 422: the conversation has fewer messages than the page.',
    action: 'Reload the page.',
  },
  'host.unknown': {
    class: 'HttpProblem',
    cause: 'HTTP 421: the server does not answer for the name in the header `Host`.',
    action: 'Add the name to `allowedHosts`, or use an IP address.',
  },
  'origin.unknown': {
    class: 'HttpProblem',
    cause: 'HTTP 403: a page of another site sent the request.',
    action: 'Add its origin to `cors.origins`.',
  },
  'route.unknown': {
    class: 'HttpProblem',
    cause: 'HTTP 404: there is no such endpoint, or `faces` leaves it out.',
    action: 'Check the address and `basePath`.',
  },
  'method.unknown': {
    class: 'HttpProblem',
    cause: 'HTTP 405: the endpoint has no such method. The header `allow` lists them.',
    action: 'Use one of these.',
  },
  'body.too_large': {
    class: 'HttpProblem',
    cause: 'HTTP 413: the body is larger than `maxBodyBytes`.',
    action: 'Send less, or raise the option.',
  },
  'host.closing': {
    class: 'HttpProblem',
    cause: 'HTTP 503: the server closes. The run goes on in another process.',
    action: 'Read its answer with `GET /v1/chat/completions/{id}`; the header `pawl-run-id` has the id.',
  },
  'stream.closed': {
    class: 'HttpProblem',
    cause: 'A stream of Chat Completions ended before its run.',
    action: 'Read the rest with `GET /v1/chat/completions/{id}`.',
  },
  'client.gone': {
    class: 'HttpProblem',
    cause: 'HTTP 499: the client ended the connection. Only `onRequest` sees it.',
    action: 'Nothing.',
  },
};
