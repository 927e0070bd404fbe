// The suite as a program of Node, Bun and Deno. Its first argument contains the addresses.
import { argv } from 'node:process';
import { runSuite } from './suite.ts';

console.log(await runSuite(JSON.parse(String(argv[2]))));
