// Mutation testing: changes the code of a room in every small way that is a likely mistake, and lists what no test notices.
//   npm run mutate -- ROOM [ROOM …]          every mutant of the rooms of rooms.ts; `all` for all of them
//   npm run mutate -- ROOM --file PART       only files whose path contains PART
//   npm run mutate -- ROOM --since REV       only lines changed since a commit
//   npm run mutate -- ROOM --sample 25       a quarter of the mutants, others with another --seed N (1)
//   npm run mutate -- ROOM --quick           with the tests beside the files alone: a run without it then tries what these leave
//   npm run mutate -- ROOM --timeouts        tries mutants that timed out again, one at a time and with three times as long
//   npm run mutate -- ROOM --write           writes results.json and docs/reference/mutation.md; whole rooms only
//   --concurrency N (2)   --fresh: forgets results of earlier runs, interrupted ones too, which are used where neither code nor tests changed
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { getMachineEnvironment } from '../scripts/pack.ts';
import { MUTATION_PAGE, renderPage } from './page.ts';
import { countMutants, findReason, isSurvivor, RESULTS, readResults, recordRoom } from './results.ts';
import { ROOMS, type Room } from './rooms.ts';
import { forgetTimeouts, type Mutant, runStryker, type Sample, TIMEOUT_MS } from './stryker.ts';

const root = join(import.meta.dirname, '..');

const LABELS: Partial<Record<Mutant['status'], string>> = { NoCoverage: 'not covered', Timeout: 'timed out' };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: 'string' },
    since: { type: 'string' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '2' },
    quick: { type: 'boolean', default: false },
    timeouts: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});
const names = positionals.includes('all') ? Object.keys(ROOMS) : positionals;
const unknown = names.filter((name) => ROOMS[name] === undefined);
const isPart = values.file !== undefined || values.since !== undefined;
const isWrong = (values.write && (isPart || values.quick)) || (values.timeouts && isPart);
if (names.length === 0 || unknown.length > 0 || isWrong) {
  const wrong = unknown.length > 0 ? `"${unknown.join('", "')}" is no room. ` : '';
  console.error(
    `${wrong}npm run mutate -- ROOM [--file PART] [--since REV] [--sample PERCENT] [--quick] [--timeouts] [--write]: rooms are all, ${Object.keys(ROOMS).join(', ')}. --timeouts and --write are for whole rooms, --write for all their tests.`,
  );
  process.exit(2);
}

const sample: Sample | undefined =
  values.sample === undefined ? undefined : { percent: Number(values.sample), seed: Number(values.seed) };

// Ends Stryker as well; the copy of the workspace is removed before this process ends.
process.on('SIGINT', () => process.exit(130));

install();
for (const name of names) {
  const room = ROOMS[name];
  if (room !== undefined) mutate(name, room);
}

function mutate(name: string, room: Room): void {
  const mutate = chooseCode(room);
  if (mutate.length === 0) {
    console.log(`${name}: nothing to mutate`);
    return;
  }
  const began = performance.now();
  const suffix = sample === undefined ? '' : `-${sample.percent}-${sample.seed}`;
  const resultsFile = join(root, 'node_modules', '.cache', 'mutation', `${name}${suffix}.json`);
  if (values.fresh) rmSync(resultsFile, { force: true });
  if (values.timeouts) forgetTimeouts(resultsFile);
  const mutants = runStryker({
    mutate,
    tests: values.quick ? room.tests.filter((glob) => glob.startsWith('packages/')) : room.tests,
    concurrency: values.timeouts ? 1 : Number(values.concurrency),
    timeoutMs: values.timeouts ? 3 * TIMEOUT_MS : TIMEOUT_MS,
    ...(sample && { sample }),
    ...(isPart ? {} : { resultsFile }),
  });
  report(name, mutants);
  console.log(`${name}: ${Math.round((performance.now() - began) / 1_000)} s`);
  if (!values.write) return;
  writeFileSync(RESULTS, `${JSON.stringify(recordRoom(readResults(), { name, mutants, sample }), undefined, 2)}\n`);
  writeFileSync(MUTATION_PAGE, renderPage(readResults()));
}

/** The files of a room, or the lines of them that changed. */
function chooseCode({ files }: Room): readonly string[] {
  const { file: part = '', since } = values;
  const chosen = globSync([...files], { cwd: root })
    .filter((file) => !file.endsWith('.test.ts') && file.includes(part))
    .toSorted();
  return since === undefined ? chosen : chosen.flatMap((file) => listChangedLines(file, since));
}

function listChangedLines(file: string, since: string): readonly string[] {
  const diff = execFileSync('git', ['diff', '--unified=0', since, '--', file], { cwd: root, encoding: 'utf8' });
  return [...diff.matchAll(/^@@ .*? \+(\d+)(?:,(\d+))? @@/gm)].flatMap(([, from = '', count = '1']) =>
    count === '0' ? [] : [`${file}:${from}-${Number(from) + Number(count) - 1}`],
  );
}

function report(name: string, mutants: readonly Mutant[]): void {
  for (const mutant of mutants.filter(isListed)) {
    const reason = findReason(mutant);
    const { file, line, code, original, replacement, status } = mutant;
    console.log(`${LABELS[status] ?? 'survived'}: ${file}:${line}  ${code}`);
    console.log(`    ${original}  →  ${replacement}${reason === undefined ? '' : `   (${reason})`}`);
  }
  const { total, killed, timedOut, survived, notCovered, score } = countMutants(mutants);
  console.log(
    `${name}: ${total} mutants, ${killed} killed, ${timedOut} timed out, ${survived} survived, ${notCovered} not covered: ${score} %`,
  );
}

function isListed(mutant: Mutant): boolean {
  return mutant.status === 'Timeout' || isSurvivor(mutant);
}

/** Stryker, as the lockfile says, once for each. */
function install(): void {
  const stamp = join(import.meta.dirname, 'node_modules', '.setup');
  const wanted = createHash('sha256')
    .update(readFileSync(join(import.meta.dirname, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  execFileSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    env: getMachineEnvironment(),
    stdio: 'inherit',
  });
  writeFileSync(stamp, wanted);
}
