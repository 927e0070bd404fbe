// javascript-child.ts without its innermost protection: the code finds everything that Node has. Shows that the outer protections hold.
import { readFileSync, writeSync } from 'node:fs';

async function run(): Promise<void> {
  const { code } = JSON.parse(readFileSync(0, 'utf8'));
  const AsyncFunction = run.constructor as FunctionConstructor; // AsyncFunction is not a global.
  const json = JSON.stringify(await AsyncFunction(code)());
  writeSync(1, `${JSON.stringify({ type: 'returned', json })}\n`);
  process.exit(0);
}

// Some attacks fail outside the awaited promise.
process.on('uncaughtException', () => undefined);
writeSync(1, '{"type":"ready"}\n');
void run(); // Ends the process.
