import type { ConformanceReport } from './probe.ts';

/** The report as it is printed. */
export function reportText({ baseURL, model, probes, profile }: ConformanceReport): string {
  const width = Math.max(...probes.map(({ name }) => name.length));
  const lines = probes.map(({ name, status, detail }) => `${name.padEnd(width)}  ${status.padEnd(11)}  ${detail}`);
  const counted = (['supported', 'unsupported', 'unclear'] as const).map((status) => {
    return `${probes.filter((probe) => probe.status === status).length} ${status}`;
  });
  return [
    `${model} at ${baseURL}`,
    '',
    ...lines.map((line) => line.replaceAll(/\s*\n\s*/g, ' ')),
    '',
    counted.join(', '),
    '',
    `openai(${JSON.stringify(model)}, { baseURL: ${JSON.stringify(baseURL)}, profile: ${JSON.stringify(profile, null, 2)} })`,
  ].join('\n');
}
