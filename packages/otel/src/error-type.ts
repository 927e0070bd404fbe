import type { ToolCallResult } from '@pawl/core/instrumentation';

/** `error.type` of a model call: the status of the response, else the code, else the name. */
export function findModelErrorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { status, code, name, details } = error as Readonly<Record<string, unknown>>; // Each is checked before it is used.
  const reported = status ?? (details as { readonly status?: unknown } | undefined)?.status;
  if (typeof reported === 'number') return String(reported);
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'Error';
}

/** `error.type` of a tool call; `undefined` if the call gave a result or is suspended. */
export function findToolErrorType(event: ToolCallResult['event']): string | undefined {
  switch (event.type) {
    case 'tool.finished':
    case 'tool.suspended':
    case 'approval.requested':
      return undefined;
    case 'tool.skipped':
      return event.reason;
    case 'tool.failed':
      return FAILURES[event.reason] ?? event.error.name;
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  unknown: 'unknown_tool',
  invalid: 'invalid_arguments',
  timeout: 'timeout',
  unknown_outcome: 'unknown_outcome',
  aborted: 'cancelled',
  refused: 'refused',
};
