// Measures one process: 10,000 runs at once, 100,000 runs in sequence, and the event loop under 64 streams.
//   npm run bench -- scale            prints the results; one part alone: scale delays, scale many, scale soak
//   npm run bench -- scale --write    writes them to bench/results and docs/performance.md
import { parseArgs } from 'node:util';
import { base, pawl } from './compare/contestants.ts';
import { installContestants } from './compare/install.ts';
import { readOrigin } from './compare/measurement-origin.ts';
import { keepScale } from './results.ts';
import { measureDelays } from './scale/delay.ts';
import { measureManyRuns } from './scale/many-runs.ts';
import { findShortfalls, formatScale, type ScaleMeasurements, type ScaleResult } from './scale/report.ts';
import { measureSoak } from './scale/soak.ts';

const MEASURES: { readonly [Name in keyof ScaleMeasurements]: () => Promise<ScaleMeasurements[Name]> } = {
  many: () => measureManyRuns(pawl),
  soak: () => measureSoak(pawl),
  delays: () => measureDelays([pawl, base]),
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' } } });
const [only] = positionals;

await installContestants();
if (only !== undefined && only in MEASURES) {
  console.log(JSON.stringify(await MEASURES[only as keyof ScaleMeasurements](), null, 2)); // Checked above.
} else {
  const { many, soak, delays } = MEASURES;
  const scale: ScaleResult = { ...readOrigin(), many: await many(), soak: await soak(), delays: await delays() };
  console.log(formatScale(scale));
  if (values.write) keepScale(scale);
  const short = findShortfalls(scale);
  for (const each of short) console.error(each);
  process.exitCode = short.length > 0 ? 1 : 0;
}
