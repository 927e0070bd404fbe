import { spawn } from 'node:child_process';
import type { CommandIo } from '../command-io.ts';

/** Opens an address in the browser of the desktop. Resolves whether a program for it began. */
export function openBrowser(url: string, { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>): Promise<boolean> {
  const [command, ...argv] = chooseOpener(process.platform, url);
  return new Promise((resolve) => {
    // An argument list, and never a shell.
    const child = spawn(command, argv, { env, cwd, stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function chooseOpener(platform: NodeJS.Platform, url: string): readonly [command: string, ...argv: readonly string[]] {
  switch (platform) {
    case 'darwin':
      return ['open', url];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler', url];
    default:
      return ['xdg-open', url];
  }
}
