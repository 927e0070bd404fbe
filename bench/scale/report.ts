import type { Where } from '../compare/machine.ts';
import type { Delays } from './delay.ts';
import type { ManyRuns } from './many-runs.ts';
import type { Soak } from './soak.ts';

/** What `bench/results/scale.json` holds. */
export interface Scale extends Where, Measured {}

export interface Measured {
  readonly many: ManyRuns;
  readonly soak: Soak;
  readonly delays: Delays;
}

export function scaleReport({ at, node, machine, many, soak, delays }: Scale): string {
  const [, second = Number.NaN] = soak.liveMiB;
  const last = soak.liveMiB.at(-1) ?? Number.NaN;
  const lines = [
    `${at}, Node ${node}, ${machine}.`,
    '',
    `- ${count(many.runs)} runs at once, all waiting for a silent server: ${many.rssKiBEach.toFixed(1)} KiB of RSS and ${many.liveKiBEach.toFixed(1)} KiB of live heap each, ` +
      `${many.timersEach.toFixed(1)} timers each (${many.timersMadeEach.toFixed(1)} made over a run's life), ${(many.cpuShareIdle * 100).toFixed(1)} % of a core. ` +
      `They were started in ${seconds(many.startMs)}; all ended with their answers ${seconds(many.endMs)} after the server let them go.`,
    `- ${count(soak.runs)} runs of two turns, 64 at a time, in ${soak.seconds.toFixed(0)} s: live heap ${second.toFixed(1)} MiB after the second tenth, ${last.toFixed(1)} MiB after the last ` +
      `(${(last / second).toFixed(3)}); RSS ${soak.rssMiB[1]?.toFixed(0)} and ${soak.rssMiB.at(-1)?.toFixed(0)} MiB.`,
    '',
    '| event loop delay under 64 streams, ms | median | p99 | most |',
    '|---|--:|--:|--:|',
  ];
  for (const [how, each] of Object.entries(delays)) {
    for (const [name, { median, p99, max }] of Object.entries(each))
      lines.push(`| ${how}: ${name} | ${median.toFixed(1)} | ${p99.toFixed(1)} | ${max.toFixed(1)} |`);
  }
  return `${lines.join('\n')}\n`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
