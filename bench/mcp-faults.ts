// npm run bench -- mcp-faults                   Pawl alone
// npm run bench -- mcp-faults --peers           the MCP clients of the other frameworks, too, which are installed first
// npm run bench -- mcp-faults --peers ai mastra some of them
// With --save, writes the results to bench/faults/mcp/results.md and results.json, and the table to docs/faults.md.
import type { FrameworkEntry } from './faults/frameworks.ts';
import type { FaultOutcome } from './faults/matrix.ts';
import type { McpFault, McpTrial } from './faults/mcp/mcp-fault.ts';
import { mcpFaults } from './faults/mcp/mcp-faults.ts';
import { mcpFrameworks } from './faults/mcp/mcp-frameworks.ts';
import { tryMcpFault } from './faults/mcp/try-mcp-fault.ts';
import { save } from './faults/report.ts';
import { runTable } from './faults/run-table.ts';

await runTable({
  faults: mcpFaults,
  frameworks: mcpFrameworks,
  tryFramework,
  save: (table) =>
    save(table, {
      title: 'Faults of MCP servers: what Pawl and other frameworks make of them',
      command: 'npm run bench -- mcp-faults --peers --save',
      path: 'bench/faults/mcp/results',
    }),
});

async function tryFramework(fault: McpFault, { name }: FrameworkEntry): Promise<FaultOutcome> {
  const seen = await tryMcpFault(fault, name);
  const { did, requests } = seen;
  const isPassed = fault.isPassed(seen);
  return { fault: fault.name, entrant: name, isPassed, did, requests: requests.length, seen: describe(seen) };
}

function describe({ lines, left, answered }: McpTrial): string {
  const calls = lines.filter((line) => !line.startsWith('pid '));
  const got = calls.length === 0 ? 'the server got no call' : `the server got ${calls.join(', ')}`;
  const processes = left === 0 ? '' : `, ${left} of its processes left`;
  const later = answered === undefined ? '' : `, the second process gave “${answered.text ?? answered.error}”`;
  return `${got}${processes}${later}`;
}
