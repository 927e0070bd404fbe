import { sqliteHost } from '@pawl/core/sqlite';
import { exportUntilKilled } from './export-until-killed.ts';
import { createTracedAgent } from './traced-agent.ts';

/** Runs the traced agent on a file, and kills itself in the third step after it has sent its spans: `node killed-process.ts FILE URL`. */
const [file = '', url = ''] = process.argv.slice(2);

const { instrumentation, sendAndKill: onThird } = exportUntilKilled(url);
await createTracedAgent({ instrumentation, onThird }).run('Go.', { host: sqliteHost(file), runId: 'run' });
