// One framework under one fault, in a process of its own: node child.ts <framework> <fault> <baseURL>

import { faults } from './faults.ts';
import { loadFramework } from './frameworks.ts';
import { runFramework } from './run-framework.ts';

const [name = '', faultName = '', baseURL = ''] = process.argv.slice(2);
const fault = faults.find((each) => each.name === faultName);
if (fault === undefined) throw new Error(`There is no fault "${faultName}".`);
// A framework that waits for ever leaves nothing to do: without this, its process would end, and not be seen to hang.
setInterval(() => undefined, 1_000);
const contestant = await loadFramework(name);
const did = await runFramework(contestant, { fault, baseURL, onRun: (ran) => process.send?.({ ran }) });
process.send?.({ did });
// Sockets that stay open are no reason to stay; a rejection that nobody handles has had its time to end the process.
setTimeout(() => process.exit(), 200);
