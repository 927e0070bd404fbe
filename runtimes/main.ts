// Runs the portable suite on every runtime: `npm run runtimes`, or `npm run runtimes -- bun deno`. Installs them first, into this folder.
import { prepare } from './prepare.ts';
import { type Runtime, runtimes } from './runtimes.ts';
import { serve } from './serve.ts';

/** The limit for everything, with the installation. */
const MAX_DURATION_MS = 120_000;

const MAX_SHOWN_LENGTH = 2_000;

const wanted = process.argv.slice(2);
const chosen = runtimes.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) {
  console.error(`Unknown runtime: ${wanted.join(', ')}. Use: ${runtimes.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const signal = AbortSignal.timeout(MAX_DURATION_MS);
const count = { passed: 0, failed: 0 };
await reportErrors('setup', () => prepare(signal));
for (const runtime of chosen) if (!signal.aborted) await reportErrors(runtime.name, () => tryOn(runtime));
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;

/** Counts an error as a failure, and continues with the next runtime. */
async function reportErrors(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    count.failed++;
    console.log(
      `${what}: ${signal.aborted ? `stopped, because everything together took longer than ${MAX_DURATION_MS / 1_000} s` : error}`,
    );
  }
}

async function tryOn(runtime: Runtime): Promise<void> {
  const served = await serve(runtime.transports);
  try {
    const output = await runtime.run(served.addresses, signal);
    const [, passed] = /^(\d+) passed, \d+ failed$/m.exec(output) ?? [];
    // Without the last line, the suite has not passed.
    if (passed === undefined) throw new Error(`The suite ended early: ${output.slice(-MAX_SHOWN_LENGTH)}`);
    const failures = [...output.split('\n').filter((line) => line.startsWith('FAILED ')), ...served.listProblems()];
    count.passed += Number(passed);
    count.failed += failures.length;
    console.log(`${runtime.name}: ${passed} passed, ${failures.length} failed`);
    for (const line of failures) console.log(`  ${line.slice(0, MAX_SHOWN_LENGTH)}`);
  } finally {
    await served.close();
  }
}
