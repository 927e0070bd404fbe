import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';

/**
 * An MCP server could not be used: it does not start or answer (`mcp.unreachable`), breaks the protocol (`mcp.protocol`), wants an
 * authorization (`mcp.unauthorized`), or the client was closed (`mcp.closed`).
 */
export class McpError extends PawlError {
  override readonly name = 'McpError';

  constructor(message: string, options: { readonly code: McpErrorCode; readonly cause?: unknown }) {
    super(message, options);
    addBrand(this, 'McpError');
  }

  static override isInstance(error: unknown): error is McpError {
    return hasBrand(error, 'McpError');
  }
}

export type McpErrorCode = 'mcp.unreachable' | 'mcp.protocol' | 'mcp.unauthorized' | 'mcp.closed';

/** Returns the message of anything that was thrown, with the causes that say more: `fetch failed: connect ECONNREFUSED`. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  const more = inner instanceof Error && inner.message !== '' ? describeError(inner) : '';
  return more === '' || error.message.includes(more) ? error.message : `${error.message}: ${more}`;
}
