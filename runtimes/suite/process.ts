// The suite as a program of Node, Bun and Deno: what it is told stands in its first argument.
import { argv } from 'node:process';
import { runSuite } from './suite.ts';

console.log(await runSuite(JSON.parse(String(argv[2]))));
