import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';

/** Nothing exists at an accessible path. */
export class FileNotFoundError extends ToolError {}

/** Converts a file system error for the model. The message contains no path other than the model's. */
export function toToolError(error: unknown, path: string): ToolError {
  const code = readErrorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FileNotFoundError(`${quote(path)} does not exist.`);
    case 'ELOOP':
      return new ToolError(`${quote(path)} is a link that leads nowhere. Use another path.`);
    case 'EACCES':
    case 'EPERM':
      return new ToolError(`${quote(path)} cannot be read: this process has no permission.`);
    case 'ENAMETOOLONG':
      return new ToolError('A name in the path is too long. Pass a shorter name.');
    default:
      return new ToolError(`${quote(path)} cannot be read (${code ?? 'unknown error'}).`);
  }
}

/** Returns a code such as `ENOENT`. */
export function readErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
