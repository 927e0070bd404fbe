import type { ErrorCode } from './error-codes-of-hosts.ts';

/** Codes of `@pawl/inspector`: of the file of a wire log, and those that only a page gets, in the field `code` of an error. */
export const CODES_OF_INSPECTOR: Readonly<Record<string, ErrorCode>> = {
  'wire_log.damaged': {
    class: 'HostError',
    cause: 'The file of a wire log is damaged.',
    action: 'Delete the file: it is only a log.',
  },
  'wire_log.foreign': {
    class: 'HostError',
    cause: 'The file is not a wire log.',
    action: 'Pass another path, such as `runs.db-wire`.',
  },
  'wire_log.format': {
    class: 'HostError',
    cause: 'Another version of `@pawl/inspector` wrote the wire log.',
    action: 'Delete the file: it is only a log.',
  },
  'wire_log.full': {
    class: 'HostError',
    cause: 'The disk of the wire log is full.',
    action: 'Free space, or delete the file: it is only a log.',
  },
  'wire_log.unreachable': {
    class: 'HostError',
    cause: 'The file of the wire log cannot be opened.',
    action: 'Check that the folder exists and that this user may write there.',
  },
  'wire_log.failed': {
    class: 'HostError',
    cause: 'The file of the wire log cannot be read or written for another reason.',
    action: 'Check the disk.',
  },
  'inspector.token': {
    class: 'HttpProblem',
    cause: 'HTTP 401: the token of the address is wrong, or was used before.',
    action: 'Open the address that the inspector prints now.',
  },
  'inspector.session': {
    class: 'HttpProblem',
    cause: 'HTTP 401: the page has no session.',
    action: 'Open the address that the inspector prints.',
  },
  'inspector.header': {
    class: 'HttpProblem',
    cause: 'HTTP 403: a request that changes something lacks the header `Pawl-Inspector: 1`.',
    action: 'Send it, if the request is yours.',
  },
  'inspector.read_only': {
    class: 'HttpProblem',
    cause: 'HTTP 403: the inspector is read-only.',
    action: 'Start it without `readOnly`.',
  },
  'inspector.no_wire_log': {
    class: 'HttpProblem',
    cause: 'HTTP 404: the inspector has no wire log.',
    action: 'Pass `wireLog` to `inspect` and to the agents.',
  },
  'inspector.unknown_exchange': {
    class: 'HttpProblem',
    cause: 'HTTP 404: the wire log does not have the exchange, or not any more.',
    action: 'Read the list again.',
  },
  'inspector.no_testing': {
    class: 'HttpProblem',
    cause: 'HTTP 501: a replay needs `@pawl/testing`, which is not installed.',
    action: 'Run `npm install --save-dev @pawl/testing`.',
  },
  'inspector.refused': {
    class: 'HttpProblem',
    cause: 'HTTP 502: the server that is inspected refuses the token.',
    action: 'Pass the key of an operator as `token`.',
  },
  'inspector.unreachable': {
    class: 'HttpProblem',
    cause: 'HTTP 502: the server that is inspected cannot be reached, or redirects.',
    action: 'Check the address.',
  },
};
