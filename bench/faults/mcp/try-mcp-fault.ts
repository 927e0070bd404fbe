import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChatRequest } from '@pawl/core/chat';
import { offlineServer, respond, type ScriptedResponse } from '@pawl/testing';
import { findProcesses, isAlive } from '../../../test/mcp/find-processes.ts';
import { ANSWER, type FrameworkRun } from '../fault.ts';
import { findLastError } from '../run-in-child.ts';
import type { McpFault, McpTrial } from './mcp-fault.ts';
import type { McpQuestion } from './mcp-framework.ts';
import { loadMcpFramework } from './mcp-frameworks.ts';
import type { OpenServers } from './open-servers.ts';

const DEADLINE_MS = 90_000;
/** The SDK takes up to four seconds to end a server. */
const CLOSE_MS = 6_000;

/** Runs a framework in a process of its own under a fault, and looks at what is left. */
export async function tryMcpFault(fault: McpFault, framework: string): Promise<McpTrial> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-mcp-faults-'));
  const file = join(folder, 'calls');
  const servers = await fault.openServers(file);
  const model = await offlineServer({ checks: 'none', script: createScript(fault, servers) });
  const question = { baseURL: model.baseURL, prompt: 'What is the weather in Oslo?', servers: servers.offered, folder };
  try {
    const scope = { framework, question, fault, servers, file };
    const { did, left } = await runProcess('ask', scope);
    const canAnswer = fault.isAnsweredLater === true && (await loadMcpFramework(framework)).answer !== undefined;
    const answered = canAnswer ? (await runProcess('answer', scope)).did : undefined;
    const requests = model.requests.map(({ body }) => ({ atMs: 0, body }));
    return { did, requests, lines: servers.readLines(), left, ...(answered && { answered }) };
  } finally {
    for (const pid of listProcesses(file, servers)) process.kill(pid, 'SIGKILL');
    await servers.close();
    await model.close();
    rmSync(folder, { recursive: true });
  }
}

/** Calls the tools one after the other, by the names that the framework has given them. */
function createScript(
  { calls, beforeSecondCall }: McpFault,
  servers: OpenServers,
): (request: ChatRequest) => ScriptedResponse {
  let turn = 0;
  return ({ tools = [] }) => {
    const [tool, input] = calls[turn] ?? [];
    turn += 1;
    if (turn === 2) beforeSecondCall?.(servers);
    if (tool === undefined || input === undefined) return respond.text(ANSWER);
    const names = tools.flatMap((each) => (each.type === 'function' ? [each.function.name] : []));
    const name = names.find((each) => each === tool || each.endsWith(`_${tool}`));
    return name === undefined ? respond.text(`There is no tool ${tool}.`) : respond.call(name, input);
  };
}

interface ProcessScope {
  readonly framework: string;
  readonly question: Omit<McpQuestion, 'signal'>;
  readonly fault: McpFault;
  readonly servers: OpenServers;
  readonly file: string;
}

/**
 * Runs a method of a framework until it is done, its process has died, or the deadline has passed, which kills the process.
 * Resolves what it did, and the number of processes that its servers have left.
 */
async function runProcess(
  method: 'ask' | 'answer',
  { framework, question, fault, servers, file }: ProcessScope,
): Promise<{ readonly did: FrameworkRun; readonly left: number }> {
  const begun = performance.now();
  const child = fork(join(import.meta.dirname, 'child.ts'), [framework, method], { silent: true });
  const ended = new AbortController();
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors = `${errors}${text}`.slice(-10_000);
  });
  const result = Promise.withResolvers<FrameworkRun>();
  child.on('message', (message: { readonly isReady: true } | { readonly did: FrameworkRun }) => {
    if ('did' in message) result.resolve(message.did);
    else child.send(question);
  });
  const endWith = (ended: FrameworkRun['ended'], error?: string): void => {
    const durationMs = Math.round(performance.now() - begun);
    result.resolve({ ended, ran: [], durationMs, ...(error !== undefined && { error }) });
  };
  child.once('exit', (_, signal) => endWith('died', signal ?? findLastError(errors)));
  const timer = setTimeout(() => {
    endWith('hung');
    child.kill('SIGKILL');
  }, DEADLINE_MS);
  void stopOnHang(fault, { child, servers, signal: ended.signal });
  const did = await result.promise;
  clearTimeout(timer);
  ended.abort();
  await pause(200); // An unhandled rejection ends the process meanwhile.
  const left = await waitForProcesses(file, servers);
  const hasDied = (child.exitCode ?? 0) !== 0;
  if (child.connected) child.disconnect();
  return { did: hasDied ? { ...did, ended: 'died', error: findLastError(errors) } : did, left: left.length };
}

/** Aborts the run or kills its process as soon as a server has got a call of `hang`. */
async function stopOnHang(
  { onHang }: McpFault,
  {
    child,
    servers,
    signal,
  }: { readonly child: ChildProcess; readonly servers: OpenServers; readonly signal: AbortSignal },
): Promise<void> {
  if (onHang === undefined) return;
  while (!servers.readLines().includes('hang')) {
    if (signal.aborted) return;
    await pause(20);
  }
  if (onHang === 'kill') child.kill('SIGKILL');
  else child.send('abort');
}

/** Waits until no process of the servers is left, at most six seconds. */
async function waitForProcesses(file: string, servers: OpenServers): Promise<readonly number[]> {
  const until = performance.now() + CLOSE_MS;
  let left = listProcesses(file, servers);
  while (left.length > 0 && performance.now() < until) {
    await pause(50);
    left = listProcesses(file, servers);
  }
  return left;
}

/** Lists the processes that have the file in their command line, and those whose ids a server has recorded. */
function listProcesses(file: string, servers: OpenServers): readonly number[] {
  const started = servers.readLines().flatMap((line) => /^pid (\d+)$/.exec(line)?.[1] ?? []);
  return [...findProcesses(file), ...started.map(Number).filter(isAlive)];
}
