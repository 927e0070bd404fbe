import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { findProcesses, isAlive } from './find-processes.ts';
import { callTool, connectStub } from './kit.ts';

function toLivingPid(content: string): number {
  const pid = Number(content);
  expect(isAlive(pid)).toBe(true);
  return pid;
}

test('closing an MCP client ends what its server started', async () => {
  const client = await connectStub();
  const grandchild = toLivingPid((await callTool(client, 'stub__grandchild')).content);
  await client.close();
  expect(isAlive(grandchild)).toBe(false);
});

test('what an MCP server started ends when the server is killed', async () => {
  const client = await connectStub();
  const grandchild = toLivingPid((await callTool(client, 'stub__grandchild')).content);
  await callTool(client, 'stub__crash');
  await expect.poll(() => isAlive(grandchild)).toBe(false);
});

test('an MCP server that ignores the end of its input and SIGTERM is killed', async () => {
  const marker = `ignores-${process.pid}-${Math.random()}`;
  const client = await connectStub({ env: { STUB_IGNORES_SIGTERM: '1' } }, `/dev/null`, marker);
  expect(findProcesses(marker)).toHaveLength(1);
  await client.close();
  expect(findProcesses(marker)).toEqual([]);
});

test('no process is left after 200 MCP clients were opened and closed, and memory stays flat', async () => {
  const marker = `cycle-${process.pid}-${Math.random()}`;
  const args = ['--expose-gc', join(import.meta.dirname, 'measure-memory.ts'), marker];
  // It ends only when none of its children is left.
  const { stdout } = await promisify(execFile)(process.execPath, args);
  // Kept, 160 clients would hold more than 16 MB.
  expect(Number(stdout)).toBeLessThan(4 * 2 ** 20);
  expect(Number(stdout)).not.toBeNaN();
  expect(findProcesses(marker)).toEqual([]);
});

/** Starts a process that holds an MCP server. Resolves the pid of what the server started. */
async function startParent(): Promise<{ readonly parent: ChildProcess; readonly grandchild: number }> {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  return { parent, grandchild: toLivingPid(line) };
}

test('an MCP server and what it started end when SIGKILL ends the application', async () => {
  const { parent, grandchild } = await startParent();
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(grandchild)).toBe(false);
});

test('an MCP server and what it started end when SIGTERM ends the application', async () => {
  const { parent, grandchild } = await startParent();
  parent.kill('SIGTERM');
  await expect.poll(() => isAlive(grandchild)).toBe(false);
});
