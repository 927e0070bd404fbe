import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Inspector } from '@pawl/inspector';
import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { getInterruptCode } from '../interrupts.ts';
import { readPort, toListenError, toServedAgent } from '../listening.ts';
import { isAgentFile, loadAgentFile } from '../load-agent.ts';
import { openHost } from '../target/open-target.ts';
import { isServerUrl, readServerAddress } from '../target/server-client.ts';
import { openBrowser } from '../terminal/open-browser.ts';
import { findWireLog } from '../wire/open-wire-log.ts';

/** `pawl inspect [FILE | URL]` */
export async function executeInspect(context: CommandContext): Promise<number> {
  const { args, io, output, interrupts } = context;
  const port = readPort(args.getText('port')) ?? 0;
  const inspector = await createInspector(context);
  const { listen } = await import('@pawl/serve/node');
  const listener = await listen(inspector, { port, signals: false, graceMs: 0 }).catch((error: unknown) => {
    throw toListenError(error);
  });
  const url = inspector.createUrl(listener.url);
  await output.write(`${url}\n`);
  const isOpened = !args.hasFlag('no-open') && (await openBrowser(url, io));
  output.noteWhole(`${isOpened ? 'Opened in the browser.' : 'Open this address in a browser.'} Ctrl-C ends it.`);
  const interruption = await interrupts.waitForOne();
  await listener.close();
  await inspector.host.close({ graceMs: GRACE_MS });
  return interruption === 'SIGINT' ? 0 : getInterruptCode(interruption);
}

const GRACE_MS = 2_000;

async function createInspector({ args, io }: CommandContext): Promise<Inspector> {
  const { inspect, inspectDump, inspectUrl } = await import('@pawl/inspector');
  const readOnly = args.hasFlag('read-only');
  const given = args.positionals[0] ?? (io.env['PAWL_RUNS'] || DEFAULT_FILE);
  if (isServerUrl(given)) {
    const { url, token } = readServerAddress(given, { env: io.env, tokenEnv: args.getText('token-env') });
    return inspectUrl(url, { readOnly, title: url, ...(token !== undefined && { token }) });
  }
  if (isAgentFile(given)) {
    const file = await loadAgentFile(given.replace(/#.*$/, ''), io.cwd);
    const { runs, conversations } = await openHost(file, { args, io, isInMemory: false });
    const agents = [...new Set(file.agents.values())].map((agent) => toServedAgent({ ...file, agent }));
    return inspect({ host: runs.host, conversations, agents, readOnly, title: basename(given) });
  }
  const path = resolve(io.cwd, given);
  if (!existsSync(path))
    throw createUsageError(
      `There is no file ${JSON.stringify(given)}. Pass a runs file, the .jsonl of an exported run, an agent file or a URL.`,
    );
  if (path.endsWith('.jsonl')) return inspectDump(await readFile(path, 'utf8'), { title: basename(given) });
  const { sqliteHost } = await import('@pawl/core/sqlite');
  const wireLog = await findWireLog(path);
  const log = wireLog === undefined ? {} : { wireLog };
  return inspect({ host: sqliteHost(path, { readOnly }), readOnly, title: basename(given), ...log });
}

const DEFAULT_FILE = '.pawl/runs.db';
