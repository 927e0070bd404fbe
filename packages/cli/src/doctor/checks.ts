import { existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { CommandContext } from '../command-context.ts';
import { describeError } from '../errors.ts';
import { importPeer } from '../import-peer.ts';
import { type LoadedAgent, loadAgent, readAgentOptions } from '../load-agent.ts';
import { openRuns } from '../target/open-target.ts';
import { isServerUrl } from '../target/server-client.ts';
import { count } from '../terminal/run-printer.ts';

/** What a check found. */
export interface Check {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do. Set if the check failed. */
  readonly fix?: string;
}

/** Runs the checks one after the other. None of them changes anything, except that a model is asked one short question. */
export async function* listChecks(context: CommandContext): AsyncGenerator<Check, void> {
  yield checkNode();
  yield checkSqlite();
  yield await checkRuns(context);
  yield checkDisk(context);
  yield checkClock(context);
  yield await checkPort();
  yield checkKeys(context);
  yield await checkServer(context);
  const [spelling] = context.args.positionals;
  if (spelling === undefined) return;
  const loaded = await loadAgent(spelling, context.io.cwd).catch(describeError);
  if ('exitCode' in loaded) {
    yield {
      name: 'agent',
      status: 'failed',
      detail: loaded.message,
      fix: `Repair ${spelling}, then: pawl tools ${spelling}`,
    };
    return;
  }
  yield { name: 'agent', status: 'passed', detail: `"${loaded.agent.name}" loads` };
  yield checkTools(loaded);
  yield await checkModel(loaded);
}

function pass(name: string, detail: string): Check {
  return { name, status: 'passed', detail };
}

function fail(name: string, detail: string, fix: string): Check {
  return { name, status: 'failed', detail, fix };
}

function checkNode(): Check {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isKnown = major === 24 || major >= 26 || (major === 22 && minor >= 19);
  return isKnown
    ? pass('node', node)
    : fail('node', `${node} is not supported`, 'Install Node 22.19 or later of 22, 24, or 26: https://nodejs.org');
}

function checkSqlite(): Check {
  return process.getBuiltinModule('node:sqlite') === undefined
    ? fail('sqlite', 'Node has no node:sqlite', 'Run Node without --no-experimental-sqlite.')
    : pass('sqlite', 'node:sqlite is there');
}

/** Reads the file as any reader does: its format, and whether it is locked or damaged. */
async function checkRuns(context: CommandContext): Promise<Check> {
  try {
    const runs = await openRuns(context, 'read');
    if (runs === undefined) return { name: 'runs', status: 'skipped', detail: 'there is no .pawl/runs.db yet' };
    try {
      const listed = await runs.list({ limit: 1_000 });
      const open = listed.filter(({ status }) => status === 'interrupted' || status === 'suspended').length;
      return pass(
        'runs',
        `${listed.length === 1_000 ? 'at least ' : ''}${count(listed.length, 'run')}, ${open} interrupted or waiting`,
      );
    } finally {
      await runs.close();
    }
  } catch (error) {
    return fail('runs', describeError(error).message, 'Pass another file: pawl doctor --runs FILE');
  }
}

/** A network has no locks that SQLite's log can rely on. The magic numbers of statfs(2). */
const NETWORKS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9P'],
]);
const MIN_FREE_BYTES = 100 * 2 ** 20;

function checkDisk({ args, io }: CommandContext): Check {
  const place = args.getText('runs') ?? (io.env['PAWL_RUNS'] || join('.pawl', 'runs.db'));
  if (isServerUrl(place)) return { name: 'disk', status: 'skipped', detail: 'the runs are on a server' };
  let folder = dirname(resolve(io.cwd, place));
  while (!existsSync(folder)) folder = dirname(folder);
  const { type, bavail, bsize } = statfsSync(folder);
  const network = NETWORKS.get(type);
  if (network !== undefined)
    return fail('disk', `${folder} is on ${network}`, 'Put the runs on a local disk: --runs FILE, or PAWL_RUNS.');
  const freeBytes = bavail * bsize;
  const free = `${Math.floor(freeBytes / 2 ** 20)} MiB free`;
  if (freeBytes < MIN_FREE_BYTES)
    return fail('disk', `${free} in ${folder}`, 'Free space, or: pawl runs delete --older-than 30d');
  return pass('disk', free);
}

/** A file from the future, or a date before this version, means that limits of time and keys that expire go wrong. */
function checkClock({ io }: CommandContext): Check {
  const now = io.clock.now();
  const built = statSync(new URL(import.meta.url)).mtimeMs;
  return now + 86_400_000 < built
    ? fail(
        'clock',
        `${new Date(now).toISOString()} is before this program was installed`,
        'Set the date: timedatectl set-ntp true',
      )
    : pass('clock', new Date(now).toISOString());
}

async function checkPort(): Promise<Check> {
  const server = createServer();
  try {
    const { promise, resolve: done, reject } = Promise.withResolvers<void>();
    server.once('error', reject).listen(PORT, '127.0.0.1', done);
    await promise;
    return pass('port', `${PORT} is free`);
  } catch (error) {
    return fail('port', `${PORT}: ${describeError(error).message}`, 'Serve on another one: pawl serve AGENT --port 0');
  } finally {
    server.close();
  }
}

const PORT = 7_295;

/** Keys are named, never shown. */
function checkKeys({ io: { env } }: CommandContext): Check {
  const set = Object.keys(env)
    .filter((name) => /(^|_)API_KEY$/.test(name) && env[name] !== '')
    .sort();
  if (set.length > 0) return pass('keys', `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set`);
  return { name: 'keys', status: 'skipped', detail: 'no variable …_API_KEY is set; an agent may need one' };
}

async function checkServer({ io: { env, cwd } }: CommandContext): Promise<Check> {
  const { OPENAI_BASE_URL: baseURL = '', OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = env;
  if (baseURL === '') return { name: 'server', status: 'skipped', detail: 'OPENAI_BASE_URL is not set' };
  try {
    const { conformance } = await importPeer('@pawl/testing/conformance', {
      from: join(cwd, 'package.json'),
      load: () => import('@pawl/testing/conformance'),
    });
    const { probes, model: probed } = await conformance(baseURL, {
      quick: true,
      timeoutMs: MODEL_TIMEOUT_MS,
      ...(apiKey !== undefined && { apiKey }),
      ...(model !== undefined && { model }),
    });
    const missing = probes
      .filter(({ status }) => status === 'unsupported')
      .map(({ name, detail }) => `${name} (${detail})`);
    const fix = `See everything that it supports: npx pawl-conformance ${baseURL}`;
    return missing.length > 0
      ? fail('server', `${probed}: no ${missing.join(', ')}`, fix)
      : pass('server', `${probed} answers, with tools and streams`);
  } catch (error) {
    return fail('server', describeError(error).message, 'Check OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL.');
  }
}

function checkTools({ agent, spelling }: LoadedAgent): Check {
  const tools = readAgentOptions(agent)?.tools;
  if (tools === undefined) return { name: 'tools', status: 'skipped', detail: 'a flow, or an agent without tools' };
  const unnamed = tools.filter(({ description = '' }) => description.trim() === '').map(({ name }) => name);
  if (unnamed.length > 0)
    return fail('tools', `no description: ${unnamed.join(', ')}`, `Describe them. See: pawl tools ${spelling}`);
  const loose = tools.filter(({ strictReport }) =>
    strictReport.some((reason) => !('isNote' in reason && reason.isNote === true)),
  );
  const strict =
    loose.length === 0 ? 'all have a strict form' : `no strict form: ${loose.map(({ name }) => name).join(', ')}`;
  return pass('tools', `${tools.length}: ${strict}`);
}

/** Asks the agent's own model one short question. */
async function checkModel({ agent }: LoadedAgent): Promise<Check> {
  const model = readAgentOptions(agent)?.model;
  if (model === undefined) return { name: 'model', status: 'skipped', detail: 'a flow' };
  const signal = AbortSignal.timeout(MODEL_TIMEOUT_MS);
  try {
    await model.send({ messages: [{ role: 'user', content: 'Reply with: ok' }] }, { signal });
    return pass('model', `${model.name} answers`);
  } catch (error) {
    return fail('model', `${model.name}: ${describeError(error).message}`, 'Check its key and its address.');
  }
}

const MODEL_TIMEOUT_MS = 30_000;
