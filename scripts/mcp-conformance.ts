// Runs the conformance suite of MCP on @pawl/mcp: the scenarios that a revision requires, two at a time.
//   node scripts/mcp-conformance.ts [client|server] [quick]      quick: ten scenarios of each revision
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { EXPECTED_FAILURES, QUICK, QUICK_SERVER, SERVER_NOT_RUN, TASK_SCENARIOS } from './mcp-conformance-scenarios.ts';

const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
const CONCURRENCY = 2;

const root = join(import.meta.dirname, '..');
const suite = join(root, 'node_modules', '.bin', 'conformance');
const folder = mkdtempSync(join(tmpdir(), 'pawl-mcp-conformance-'));
const args = process.argv.slice(2);
const isQuick = args.includes('quick');

interface Result {
  readonly name: string;
  readonly isPassed: boolean;
  readonly output: string;
}

async function runSuite(name: string, ...given: readonly string[]): Promise<Result> {
  try {
    const { stdout } = await promisify(execFile)(suite, [...given, '-o', folder], { cwd: folder });
    return { name, isPassed: true, output: stdout };
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error);
    return { name, isPassed: false, output: `${stdout}${stderr}` };
  }
}

/** Lists the scenarios that a revision requires of a client or a server. */
async function listScenarios(part: 'client' | 'server', revision: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(suite, ['list', `--${part}`, '--requirements', revision]);
  const [, required = ''] = new RegExp(`${part} scenarios[^\\n]*\\n((?: +- .*\\n)*)`, 'i').exec(stdout) ?? [];
  if (required === '') throw new Error(`The suite lists no ${part} scenarios of ${revision}:\n${stdout}`);
  return [...required.matchAll(/^\s+- (\S+)/gm)].map(([, name = '']) => name);
}

async function runAll(works: readonly (() => Promise<Result>)[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = [...works];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const result = await next();
      console.log(`${result.isPassed ? 'passed' : 'failed'}  ${result.name}`);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return results;
}

async function planClient(): Promise<readonly (() => Promise<Result>)[]> {
  const command = `${process.execPath} ${join(root, 'test', 'mcp', 'conformance', 'client.ts')}`;
  const plans = await Promise.all(
    REVISIONS.map(async (revision) => {
      const chosen = isQuick ? QUICK[revision] : await listScenarios('client', revision);
      return chosen.map((scenario) => {
        const options = ['--scenario', scenario, '--spec-version', revision, '--timeout', '120000'];
        return () => runSuite(`client ${revision} ${scenario}`, 'client', '--command', command, ...options);
      });
    }),
  );
  return plans.flat();
}

async function planServer(url: string): Promise<readonly (() => Promise<Result>)[]> {
  const plans = await Promise.all(
    REVISIONS.map(async (revision) => {
      const tasks = revision === '2026-07-28' && !isQuick ? TASK_SCENARIOS : [];
      const required = isQuick ? QUICK_SERVER[revision] : await listScenarios('server', revision);
      const chosen = required.filter((scenario) => !(scenario in SERVER_NOT_RUN));
      return [...chosen, ...tasks].map((scenario) => {
        const options = ['--scenario', scenario, '--spec-version', revision, '--timeout', '120000'];
        // An extension belongs to no revision.
        const force = tasks.includes(scenario) ? ['--force'] : [];
        return () => runSuite(`server ${revision} ${scenario}`, 'server', '--url', url, ...options, ...force);
      });
    }),
  );
  return plans.flat();
}

/** Whether a scenario passed, or exactly the checks of it failed that are known to fail. */
function isExpected({ name, isPassed, output }: Result): boolean {
  const expected = EXPECTED_FAILURES[name]?.checks ?? [];
  if (isPassed || expected.length === 0) return isPassed && expected.length === 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the suite writes in colours
  const lines = output.replaceAll(/\u001b\[\d+m/g, '').matchAll(/\[(\S+)\s*\] FAILURE/g);
  const failed = new Set([...lines].map(([, check]) => check));
  return failed.size === expected.length && expected.every((check) => failed.has(check));
}

const server = spawn(process.execPath, [join(root, 'test', 'mcp', 'conformance', 'server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [url] = await once(createInterface({ input: server.stdout }), 'line');
  const isAll = !args.includes('client') && !args.includes('server');
  const works = [
    ...(isAll || args.includes('client') ? await planClient() : []),
    ...(isAll || args.includes('server') ? await planServer(url) : []),
  ];
  const results = await runAll(works);
  const failed = results.filter((result) => !isExpected(result));
  for (const { name, output } of failed) console.log(`\n=== ${name}\n${output}`);
  for (const { name, isPassed } of failed) {
    if (isPassed) console.log(`${name} passes: remove it from the expected failures`);
  }
  console.log(`MCP conformance: ${results.length - failed.length} of ${results.length} scenarios as expected`);
  if (failed.length > 0) process.exitCode = 1;
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
