// An editor for the tests: it writes another order into the file that it is given.
import { writeFileSync } from 'node:fs';

writeFileSync(String(process.argv[2]), '{ "order": 12 }');
