// Publishes the packages whose version is not yet on the registry: node scripts/release.ts [--dry-run]. Run by .github/workflows/release.yml.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getMachineEnvironment, packPackage } from './pack.ts';
import { checkPriceAge, PRICE_TABLES } from './price-age.ts';
import { readOutput, run } from './run.ts';

/** In the order of their dependencies. */
const PACKAGES = [
  'core',
  'tools',
  'testing',
  'dbos',
  'otel',
  'responses',
  'serve',
  'inspector',
  'ai-sdk',
  'mcp',
  'cli',
];

checkPriceAge(PRICE_TABLES, Date.now());

const root = join(import.meta.dirname, '..');
const options = { cwd: root, env: getMachineEnvironment(), signal: AbortSignal.timeout(600_000) };
const packed = mkdtempSync(join(tmpdir(), 'pawl-release-'));
try {
  for (const name of PACKAGES) await publish(name);
} finally {
  rmSync(packed, { recursive: true, force: true });
}

async function publish(folder: string): Promise<void> {
  const path = join(root, 'packages', folder, 'package.json');
  const text = readFileSync(path, 'utf8');
  const { name, version } = JSON.parse(text);
  const published = await readOutput('npm', ['view', `${name}@${version}`, 'version'], options);
  if (published.status === 0 && published.text.trim() !== '') {
    console.log(`${name}@${version} is already published`);
    return;
  }
  const tarball = join(packed, `pawl-${folder}-${version}.tgz`);
  try {
    writeFileSync(path, JSON.stringify({ ...JSON.parse(text), ...getOrigin(folder) }));
    // Packed by pnpm; npm can attach a provenance.
    await packPackage(name, { file: tarball, signal: options.signal });
  } finally {
    writeFileSync(path, text);
  }
  const isDry = process.argv.includes('--dry-run');
  const flags = isDry ? ['--dry-run'] : ['--provenance'];
  await run('npm', ['publish', tarball, '--access', 'public', ...flags], options);
  console.log(`${name}@${version} ${isDry ? 'could be' : 'is'} published`);
}

/** Returns the repository for package.json: npm accepts a provenance only if it is the repository that publishes the package. */
function getOrigin(directory: string): object {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (server === undefined || repository === undefined) return {};
  return { repository: { type: 'git', url: `git+${server}/${repository}.git`, directory: `packages/${directory}` } };
}
