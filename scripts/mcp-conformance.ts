// Runs the conformance suite of MCP on @pawl/mcp: the scenarios that a revision requires, two at a time.
//   node scripts/mcp-conformance.ts [client|server] [quick]      quick: ten scenarios of each revision
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { EXPECTED_FAILURES, QUICK, SERVER_SCENARIOS } from './mcp-conformance-scenarios.ts';

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

/** Lists the client scenarios that a revision requires. */
async function listClientScenarios(revision: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(suite, ['list', '--client', '--requirements', revision]);
  const [, required = ''] = /Client scenarios[^\n]*\n((?: +- .*\n)*)/.exec(stdout) ?? [];
  if (required === '') throw new Error(`The suite lists no client scenarios of ${revision}:\n${stdout}`);
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
      const chosen = isQuick ? QUICK[revision] : await listClientScenarios(revision);
      return chosen.map((scenario) => {
        const options = ['--scenario', scenario, '--spec-version', revision, '--timeout', '120000'];
        return () => runSuite(`client ${revision} ${scenario}`, 'client', '--command', command, ...options);
      });
    }),
  );
  return plans.flat();
}

function planServer(url: string): readonly (() => Promise<Result>)[] {
  return REVISIONS.flatMap((revision) =>
    SERVER_SCENARIOS[revision].map((scenario) => {
      const options = ['--scenario', scenario, '--spec-version', revision, '--timeout', '120000'];
      return () => runSuite(`server ${revision} ${scenario}`, 'server', '--url', url, ...options);
    }),
  );
}

const server = spawn(process.execPath, [join(root, 'test', 'mcp', 'conformance', 'server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [url] = await once(createInterface({ input: server.stdout }), 'line');
  const isAll = !args.includes('client') && !args.includes('server');
  const works = [
    ...(isAll || args.includes('client') ? await planClient() : []),
    ...(isAll || args.includes('server') ? planServer(url) : []),
  ];
  const results = await runAll(works);
  const failed = results.filter(({ isPassed, name }) => !isPassed && !(name in EXPECTED_FAILURES));
  for (const { name, output } of failed) console.log(`\n=== ${name}\n${output}`);
  const unexpected = results.filter(({ isPassed, name }) => isPassed && name in EXPECTED_FAILURES);
  for (const { name } of unexpected) console.log(`${name} passes: remove it from the expected failures`);
  console.log(`MCP conformance: ${results.length - failed.length} of ${results.length} scenarios as expected`);
  if (failed.length + unexpected.length > 0) process.exitCode = 1;
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
