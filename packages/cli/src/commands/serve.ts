import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ReadableWireLog } from '@pawl/core/wire-log';
import type { InspectOptions, Inspector } from '@pawl/inspector';
import type { Principal, Server } from '@pawl/serve';
import type { CommandContext } from '../command-context.ts';
import { createSetupError, createUsageError } from '../errors.ts';
import { getInterruptCode } from '../interrupts.ts';
import { type Listenable, readPort, toListenError, toServedAgent } from '../listening.ts';
import { type LoadedAgent, loadAgent } from '../load-agent.ts';
import { type OpenedHost, openHost } from '../target/open-target.ts';

/** `pawl serve AGENT...` */
export async function executeServe(context: CommandContext): Promise<number> {
  const { args, io, output, interrupts } = context;
  const hostname = args.getText('host') ?? '127.0.0.1';
  const access = await readAccess(context, hostname);
  const loaded: LoadedAgent[] = [];
  for (const spelling of args.positionals) loaded.push(await loadAgent(spelling, io.cwd));
  const { runs, conversations, wireLog } = await openSharedHost(context, loaded);
  const agents = wireLog === undefined ? loaded : loaded.map((each) => withWireLog(each, wireLog));
  const { bearer, serve } = await import('@pawl/serve');
  const { listen } = await import('@pawl/serve/node');
  const [allowedHosts, origins] = [args.getTexts('allow-host'), args.getTexts('cors')];
  const server = serve({
    agents: agents.map(toServedAgent),
    host: runs.host,
    conversations,
    authorize: bearer(access.keys),
    // Only operators get all fields of events.
    details: access.token !== undefined,
    ...(allowedHosts.length > 0 && { allowedHosts }),
    ...(origins.length > 0 && { cors: { origins } }),
  });
  const inspector =
    access.isNew && !args.hasFlag('no-inspector')
      ? await createInspector(agents, { host: runs.host, conversations, ...(wireLog !== undefined && { wireLog }) })
      : undefined;
  const handler = inspector === undefined ? server : combineHandlers(server, inspector);
  const port = readPort(args.getText('port')) ?? DEFAULT_PORT;
  const listener = await listen(handler, { hostname, port, signals: false }).catch((error: unknown) => {
    throw toListenError(error);
  });
  await output.write(`${listener.url}\n`);
  if (inspector !== undefined) output.noteWhole(`Inspector: ${inspector.createUrl(`${listener.url}${INSPECT}`)}`);
  if (access.isNew) output.noteWhole(`PAWL_TOKEN=${access.token}`);
  const names = agents.map(({ agent: { name } }) => name);
  output.noteWhole(`Serving ${names.join(', ')}. Ctrl-C ends it.`);
  if (access.isNew) output.noteWhole(`Try: PAWL_TOKEN=… pawl run '${listener.url}#${names[0]}' "question"`);
  const interruption = await interrupts.waitForOne();
  const stop = interrupts.handle((given) => interrupts.endNow(given));
  await listener.close();
  await runs.close(GRACE_MS);
  stop();
  return interruption === 'SIGINT' ? 0 : getInterruptCode(interruption);
}

const GRACE_MS = 10_000;
const INSPECT = '/inspect';

/** The page shows everything, so only a server for this machine has it. */
async function createInspector(
  agents: readonly LoadedAgent[],
  place: Pick<InspectOptions, 'host' | 'conversations' | 'wireLog'>,
): Promise<Inspector> {
  const { inspect } = await import('@pawl/inspector');
  return inspect({ ...place, agents: agents.map(toServedAgent), basePath: INSPECT });
}

function withWireLog(loaded: LoadedAgent, wireLog: ReadableWireLog): LoadedAgent {
  return { ...loaded, agent: loaded.agent.with?.(() => ({ wireLog })) ?? loaded.agent };
}

function combineHandlers(server: Server, inspector: Inspector): Listenable {
  return {
    hasAuthorize: server.hasAuthorize,
    host: server.host,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      const isInspector = pathname === INSPECT || pathname.startsWith(`${INSPECT}/`);
      return isInspector ? inspector.fetch(request) : server.fetch(request);
    },
    start: () => {
      server.start();
      inspector.start();
    },
    close: () => {
      server.close();
      inspector.close();
    },
  };
}

interface Access {
  readonly keys: Readonly<Record<string, Principal>>;
  /** The token of an operator, if there is one key. */
  readonly token: string | undefined;
  /** Whether the token was made now, and is kept in no file. */
  readonly isNew: boolean;
}

/** Reads who may use the server. @throws CliError for another address than this machine's without keys */
async function readAccess({ args, io }: CommandContext, hostname: string): Promise<Access> {
  const [file, variable] = [args.getText('key-file'), args.getText('token-env')];
  if (file !== undefined && variable !== undefined)
    throw createUsageError('--key-file and --token-env exclude each other.');
  if (file !== undefined) return { keys: await readKeys(resolve(io.cwd, file)), token: undefined, isNew: false };
  if (variable !== undefined) {
    const token = io.env[variable] ?? '';
    if (token === '') throw createUsageError(`The variable ${variable} is empty, which --token-env names.`);
    return { keys: { [token]: OPERATOR }, token, isNew: false };
  }
  if (hostname !== 'localhost' && hostname !== '::1' && !hostname.startsWith('127.')) {
    throw createUsageError(`Others can reach ${JSON.stringify(hostname)}. Pass --key-file FILE or --token-env NAME.`);
  }
  const token = randomBytes(32).toString('base64url');
  return { keys: { [token]: OPERATOR }, token, isNew: true };
}

const OPERATOR: Principal = { id: 'operator', isOperator: true };

async function readKeys(file: string): Promise<Access['keys']> {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) throw createUsageError(`There is no key file ${JSON.stringify(file)}.`);
  if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) {
    throw createSetupError(`Others can read the key file ${JSON.stringify(file)}. Run: chmod 600 ${file}`);
  }
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // The error of the parser would quote a key.
    throw createSetupError(
      `The key file ${JSON.stringify(file)} is not JSON. It has keys with principals: { "KEY": { "id": "ada" } }`,
    );
  }
}

const DEFAULT_PORT = 7_295;

/** All agents of a server have their runs in one place. */
async function openSharedHost({ args, io }: CommandContext, agents: readonly LoadedAgent[]): Promise<OpenedHost> {
  const isInMemory = args.hasFlag('no-runs');
  const hosts = new Set(agents.map(({ host }) => host));
  if (hosts.size > 1 && !isInMemory && args.getText('runs') === undefined) {
    throw createUsageError('The files export different hosts, and a server has one. Pass --runs FILE.');
  }
  const [first] = agents;
  if (first === undefined) throw createUsageError('AGENT is missing.');
  return openHost(first, { args, io, isInMemory });
}
