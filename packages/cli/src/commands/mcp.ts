import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { importPeer } from '../import-peer.ts';
import { getInterruptCode, type Interruption } from '../interrupts.ts';
import { loadAgent } from '../load-agent.ts';
import { openHost } from '../target/open-target.ts';

/** `pawl mcp AGENT`: serves until the client closes stdin. stdout belongs to the protocol. */
export async function executeMcp(context: CommandContext): Promise<number> {
  const { args, io, interrupts } = context;
  const loaded = await loadAgent(args.getPositional(0), io.cwd);
  const { createAgentServer } = await importPeer('@pawl/mcp/server', {
    from: loaded.path,
    load: () => import('@pawl/mcp/server'),
  });
  const isInMemory = args.hasFlag('no-runs');
  const { runs } = await openHost(loaded, { args, io, isInMemory });
  const { agent, createContext } = loaded;
  if (agent.with === undefined)
    throw createUsageError(`"${agent.name}" is a flow. Call it from an agent, and serve that.`);
  const server = createAgentServer([agent as Parameters<typeof createAgentServer>[0][number]], {
    // It has `with`.
    name: agent.name,
    host: runs.host,
    ...(createContext !== undefined && {
      context: (authInfo) => createContext({ principal: { id: authInfo?.clientId ?? 'local', isOperator: true } }),
    }),
  });
  const ended = Promise.withResolvers<Interruption | undefined>();
  const stop = interrupts.handle((given, times) => (times > 1 ? interrupts.endNow(given) : ended.resolve(given)));
  for (const event of ['end', 'close'] as const) io.stdin.once(event, () => ended.resolve(undefined));
  try {
    const handle = server.stdio();
    const interruption = await ended.promise;
    await handle.close();
    await runs.close(GRACE_MS);
    return interruption === undefined ? 0 : getInterruptCode(interruption);
  } finally {
    stop();
  }
}

const GRACE_MS = 2_000;
