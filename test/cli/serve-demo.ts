import { onTestFinished } from 'vitest';
import { type CommandOptions, DEMO, type RunningCommand, startCommand } from './run-command.ts';

/** A server that `pawl serve` has started. */
export interface ServedDemo {
  /** The address of the agent, as an argument. */
  readonly agent: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: RunningCommand;
}

export interface ServeDemoOptions extends CommandOptions {
  /** Further arguments, such as the keys. */
  readonly argv?: readonly string[];
}

/** Serves the demo agent until the test ends. */
export async function serveDemo({ argv = [], ...options }: ServeDemoOptions = {}): Promise<ServedDemo> {
  const command = startCommand(['serve', DEMO, '--port', '0', ...argv], options);
  const [url = ''] = await command.stdout.waitFor(/http:\S+/);
  const [, token = ''] = await command.stderr.waitFor(/(?:PAWL_TOKEN=(\S+)\n|Serving [\s\S]*)/);
  onTestFinished(async () => {
    command.interrupt('SIGINT');
    await command.ended;
  });
  return { agent: `${url}#demo`, url, env: { PAWL_TOKEN: token }, command };
}
