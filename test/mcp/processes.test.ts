import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createMcpClient } from '@pawl/mcp';
import { expect, onTestFinished, test } from 'vitest';
import { callTool, connectStub, isAlive } from './kit.ts';
import { stubCommand } from './stub-command.ts';

/** Lists the processes whose command line has the text. */
function findProcesses(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) && isAlive(pid);
      } catch {
        return false; // It has ended since.
      }
    });
}

/** Lists the children of this process. */
function findChildren(): readonly number[] {
  const file = `/proc/${process.pid}/task/${process.pid}/children`;
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number).filter(isAlive);
}

async function readPid(content: string): Promise<number> {
  const pid = Number(content);
  expect(isAlive(pid)).toBe(true);
  return pid;
}

test('closing an MCP client ends what its server started', async () => {
  const client = await connectStub();
  const grandchild = await readPid((await callTool(client, 'stub__grandchild')).content);
  await client.close();
  expect(isAlive(grandchild)).toBe(false);
});

test('what an MCP server started ends when the server is killed', async () => {
  const client = await connectStub();
  const grandchild = await readPid((await callTool(client, 'stub__grandchild')).content);
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
  const before = findChildren();
  const marker = `cycle-${process.pid}-${Math.random()}`;
  const cycle = async (): Promise<void> => {
    await using client = await createMcpClient({ name: 'stub', ...stubCommand('/dev/null', marker) });
    expect(client.tools).not.toHaveLength(0);
  };
  const runCycles = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 4) await Promise.all([cycle(), cycle(), cycle(), cycle()]);
  };
  await runCycles(40);
  const heapBefore = process.memoryUsage().heapUsed;
  await runCycles(160);
  // What 160 clients would hold, were they kept: more than 16 MB.
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(64 * 2 ** 20);
  expect(findProcesses(marker)).toEqual([]);
  // Their guards too.
  await expect.poll(() => findChildren().filter((pid) => !before.includes(pid))).toEqual([]);
});

/** Starts a process that holds an MCP server. Resolves the pid of what the server started. */
async function startParent(): Promise<{ readonly parent: ChildProcess; readonly grandchild: number }> {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  return { parent, grandchild: await readPid(line) };
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
