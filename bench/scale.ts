// What one process can carry: 10,000 runs at once, 100,000 runs one after the other, and the event loop under 64 streams.
//   npm run bench -- scale            what it found
//   npm run bench -- scale --write    kept in bench/results and docs/performance.md
import { parseArgs } from 'node:util';
import { base, pawl } from './compare/contestants.ts';
import { installContestants } from './compare/install.ts';
import { whereAndWhen } from './compare/machine.ts';
import { keepScale } from './results.ts';
import { measureDelays } from './scale/delay.ts';
import { measureManyRuns } from './scale/many-runs.ts';
import { type Scale, scaleReport } from './scale/report.ts';
import { measureSoak } from './scale/soak.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean' } } });

await installContestants();
const scale: Scale = {
  ...whereAndWhen(),
  many: await measureManyRuns(pawl),
  soak: await measureSoak(pawl),
  delays: await measureDelays([pawl, base]),
};
console.log(scaleReport(scale));
if (values.write) keepScale(scale);
