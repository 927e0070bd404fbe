import { writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';

const SAMPLING_MICROS = 200;

/** Runs the work under V8's sampling profiler, and writes the profile. */
export async function writeProfile(file: string, work: () => Promise<unknown>): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  writeFileSync(file, JSON.stringify(profile));
}

export interface FunctionShare {
  readonly where: string;
  /** Share of the samples in which the process was busy. */
  readonly share: number;
}

/** Ranks functions by their own time, without the functions that they call. */
export function rankFunctions({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly FunctionShare[] {
  const whereById = new Map(nodes.map(({ id, callFrame }) => [id, formatPlace(callFrame)]));
  const micros = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const where = whereById.get(id) ?? '';
    if (where === '(idle)' || where === '(root)' || where.includes('node:inspector')) continue;
    const delta = timeDeltas[index] ?? 0;
    total += delta;
    micros.set(where, (micros.get(where) ?? 0) + delta);
  }
  return [...micros].map(([where, spent]) => ({ where, share: spent / total })).sort((a, b) => b.share - a.share);
}

function formatPlace({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string {
  const name = functionName || 'anonymous';
  if (url === '') return name;
  const file = url.replace(/^file:.*\/(node_modules|bench)\//, '').replace('@pawl/core/dist/', '');
  return `${name} ${file}:${lineNumber + 1}`;
}
