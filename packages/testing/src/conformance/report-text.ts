import type { ConformanceReport, ProbeResult } from './probe.ts';

/** The report as it is printed. */
export function reportText(report: ConformanceReport): string {
  const lines = report.probes.map(formatResult);
  return [`${report.model} at ${report.baseURL}`, '', ...lines, '', formatSummary(report)].join('\n');
}

/** One result, as it is printed when it is there. */
export function formatResult({ name, status, detail }: ProbeResult): string {
  return `${name.padEnd(NAME_WIDTH)}  ${status.padEnd(STATUS_WIDTH)}  ${detail}`.replaceAll(/\s*\n\s*/g, ' ');
}

const NAME_WIDTH = 'max_completion_tokens'.length;
const STATUS_WIDTH = 'unsupported'.length;

/** What was found in all, and how to make the model. */
export function formatSummary({ baseURL, model, probes, profile }: ConformanceReport): string {
  const counted = (['supported', 'unsupported', 'unclear'] as const).map((status) => {
    return `${probes.filter((probe) => probe.status === status).length} ${status}`;
  });
  const options = `{ baseURL: ${JSON.stringify(baseURL)}, profile: ${JSON.stringify(profile, null, 2)} }`;
  return [counted.join(', '), '', `openai(${JSON.stringify(model)}, ${options})`].join('\n');
}
