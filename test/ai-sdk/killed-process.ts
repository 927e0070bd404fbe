import { sqliteHost } from '@pawl/core/sqlite';
import { dbosHost } from '@pawl/dbos';
import { wires } from './vendors.ts';
import { createWeatherAgent } from './weather-agent.ts';

/** Runs the weather agent, and kills itself in its first tool call: `node killed-process.ts VENDOR BASE_URL FILE_OR_POSTGRES_URL`. */
const [name, baseURL = '', place = ''] = process.argv.slice(2);
const vendor = wires.find((each) => each.name === name);
if (vendor === undefined) throw new Error(`There is no vendor "${name}".`);
const agent = createWeatherAgent(vendor, baseURL, () => process.kill(process.pid, 'SIGKILL'));
const host = place.startsWith('postgres')
  ? await dbosHost({ url: place, executorId: 'killed', agents: [agent], leaseMs: 1_000 })
  : sqliteHost(place);
await agent.run('How is the weather?', { host, runId: 'run' });
