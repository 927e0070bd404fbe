// What 160 closed MCP clients leave: bytes in memory, and child processes of this process.
//   node --expose-gc measure-memory.ts <marker in the command line of each server>
// A process of its own, so that nothing but the clients leaves anything.
import { createMcpClient } from '@pawl/mcp';
import { findChildren } from './find-processes.ts';

const [, , marker = ''] = process.argv;

/** A server with one tool, in a language that starts in a twentieth of the time of Node. */
const SERVER = `while read -r line; do
  id=\${line##*'"id":'}; id=\${id%%[,\\}]*}
  case $line in
    *'"initialize"'*) result='{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1.0.0"}}';;
    *'"tools/list"'*) result='{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}';;
    *) continue;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "$id" "$result"
done`;

await openAndClose(40); // What is made once.
const before = measureHeap();
await openAndClose(160);
const bytes = measureHeap() - before;
// The guards of the servers end with them.
while (findChildren().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(bytes);

async function openAndClose(count: number): Promise<void> {
  for (let done = 0; done < count; done += 4) await Promise.all(Array.from({ length: 4 }, cycle));
}

async function cycle(): Promise<void> {
  await using client = await createMcpClient({ name: 'stub', command: 'sh', args: ['-c', SERVER, marker] });
  if (client.tools.length === 0) throw new Error('The server has no tools.');
}

function measureHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
