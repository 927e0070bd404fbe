import { type Signal, signal } from '@preact/signals';
import type { AgentView } from '../../api.ts';
import { RequestError, readAgent } from './server.ts';
import { session } from './state.ts';

/** The agents that were read, by name; `undefined` while one is read, and for one that this process does not have. */
const agents: Signal<ReadonlyMap<string, AgentView | undefined>> = signal(new Map());

/** Returns an agent of the process, once it is read. It does not change while the process runs. */
export function findAgentView(name: string): AgentView | undefined {
  const known = agents.value;
  if (!known.has(name) && session.value?.hasAgents === true && name !== '') void load(name);
  return known.get(name);
}

const loading = new Set<string>();

async function load(name: string): Promise<void> {
  if (loading.has(name)) return;
  loading.add(name);
  const agent = await readAgent(name).catch((error: unknown) => {
    if (!(error instanceof RequestError) || error.status !== 404) loading.delete(name);
    return undefined;
  });
  agents.value = new Map(agents.value).set(name, agent);
}
