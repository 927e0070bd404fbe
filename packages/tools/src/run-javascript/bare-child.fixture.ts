// javascript-child.ts without its own wall: the code finds all that Node has. Shows what the outer walls hold.
import { readFileSync, writeSync } from 'node:fs';

async function run(): Promise<void> {
  const { code } = JSON.parse(readFileSync(0, 'utf8'));
  const AsyncFunction = run.constructor as FunctionConstructor; // That of asynchronous functions is no global.
  const json = JSON.stringify(await AsyncFunction(code)());
  writeSync(1, `${JSON.stringify({ type: 'returned', json })}\n`);
  process.exit(0);
}

// Some attempts fail beside the promise that is waited for.
process.on('uncaughtException', () => undefined);
writeSync(1, '{"type":"ready"}\n');
void run(); // It ends the process.
