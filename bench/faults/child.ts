// Runs one framework under one fault: node child.ts <framework> <fault> <baseURL>

import { faults } from './faults.ts';
import { loadFramework } from './frameworks.ts';
import { runFramework } from './run-framework.ts';

const [name = '', faultName = '', baseURL = ''] = process.argv.slice(2);
const fault = faults.find((each) => each.name === faultName);
if (fault === undefined) throw new Error(`There is no fault "${faultName}".`);
// Keeps the process alive. A framework that waits forever leaves the event loop empty, and its process would end instead of hanging.
setInterval(() => undefined, 1_000);
const contestant = await loadFramework(name);
const did = await runFramework(contestant, { fault, baseURL, onRun: (ran) => process.send?.({ ran }) });
process.send?.({ did });
// Ends the process even if sockets are open. The delay lets an unhandled rejection end it first.
setTimeout(() => process.exit(), 200);
