import { PAWL } from '../compare/contestants.ts';
import type { MeasurementOrigin } from '../compare/measurement-origin.ts';
import { AT_READING_SPEED, type DelaysByStream } from './delay.ts';
import type { ManyRunsResult } from './many-runs.ts';
import type { SoakResult } from './soak.ts';

/** The content of `bench/results/scale.json`. */
export interface ScaleResult extends MeasurementOrigin, ScaleMeasurements {}

export interface ScaleMeasurements {
  readonly many: ManyRunsResult;
  readonly soak: SoakResult;
  readonly delays: DelaysByStream;
}

/** Lists the limits that the results exceed. */
export function findShortfalls({ soak, delays }: ScaleMeasurements): readonly string[] {
  const grown = computeGrowth(soak);
  const p99 = delays[AT_READING_SPEED]?.[PAWL]?.p99 ?? Number.NaN;
  return [
    ...(grown <= MAX_GROWTH
      ? []
      : [`The heap grew by ${grown.toFixed(3)} during the soak; at most ${MAX_GROWTH} is allowed.`]),
    ...(p99 < MAX_DELAY_MS
      ? []
      : [`The event loop was ${p99.toFixed(0)} ms late at p99; at most ${MAX_DELAY_MS} are allowed.`]),
  ];
}

const MAX_GROWTH = 1.05;
const MAX_DELAY_MS = 50;

/** Computes the growth from the second sample, when permanent objects exist. */
function computeGrowth({ liveMiB }: SoakResult): number {
  return (liveMiB.at(-1) ?? Number.NaN) / (liveMiB[1] ?? Number.NaN);
}

export function formatScale({ at, node, machine, many, soak, delays }: ScaleResult): string {
  const sample = (index: number, values: readonly number[]): string => (values.at(index) ?? Number.NaN).toFixed(1);
  const lines = [
    `${at}, Node ${node}, ${machine}.`,
    '',
    `- ${formatCount(many.runs)} runs at once, all waiting for a silent server: ${many.rssKiBEach.toFixed(1)} KiB of RSS and ${many.liveKiBEach.toFixed(1)} KiB of live heap each, ` +
      `${many.timersEach.toFixed(1)} timers each (${many.timersMadeEach.toFixed(1)} made over a run's life), ${(many.cpuShareIdle * 100).toFixed(1)} % of a core. ` +
      `They were started in ${formatSeconds(many.startMs)}; all ended with their answers ${formatSeconds(many.endMs)} after the server let them go.`,
    `- ${formatCount(soak.runs)} runs of two turns, 64 at a time, in ${soak.seconds.toFixed(0)} s: live heap ${sample(1, soak.liveMiB)} MiB after the second tenth, ${sample(-1, soak.liveMiB)} MiB ` +
      `after the last (${computeGrowth(soak).toFixed(3)}); RSS ${sample(1, soak.rssMiB)} and ${sample(-1, soak.rssMiB)} MiB.`,
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

function formatCount(value: number): string {
  return value.toLocaleString('en');
}

function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
