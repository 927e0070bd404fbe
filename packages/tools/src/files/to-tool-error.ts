import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';

/** There is nothing at that path, which may be looked at. */
export class FileNotFoundError extends ToolError {}

/** What the file system's error means for the model. Never names a path but the one the model gave. */
export function toToolError(error: unknown, path: string): ToolError {
  const code = readErrorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FileNotFoundError(`There is no ${quote(path)} here.`);
    case 'ELOOP':
      return new ToolError(`${quote(path)} is a link that leads nowhere.`);
    case 'EACCES':
    case 'EPERM':
      return new ToolError(`${quote(path)} may not be read by this process.`);
    case 'ENAMETOOLONG':
      return new ToolError('A name in the path is too long.');
    default:
      return new ToolError(`${quote(path)} can't be read (${code ?? 'unknown error'}).`);
  }
}

/** `ENOENT` and the like. */
export function readErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
