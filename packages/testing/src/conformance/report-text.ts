import type { ConformanceReport, ProbeResult } from './probe.ts';

/** Formats the report for printing. */
export function reportText(report: ConformanceReport): string {
  const lines = report.probes.map(formatResult);
  return [`${report.model} at ${report.baseURL}`, '', ...lines, '', formatSummary(report)].join('\n');
}

/** Formats one result as one line. */
export function formatResult({ name, status, detail }: ProbeResult): string {
  return `${name.padEnd(NAME_WIDTH)}  ${status.padEnd(STATUS_WIDTH)}  ${detail}`.replaceAll(/\s*\n\s*/g, ' ');
}

const NAME_WIDTH = 'max_completion_tokens'.length;
const STATUS_WIDTH = 'unsupported'.length;

/** Formats the counts and the call of `openai` with the recommended profile. */
export function formatSummary({ baseURL, model, probes, profile }: ConformanceReport): string {
  const counted = (['supported', 'unsupported', 'unclear'] as const).map((status) => {
    return `${probes.filter((probe) => probe.status === status).length} ${status}`;
  });
  const options = `{ baseURL: ${JSON.stringify(baseURL)}, profile: ${JSON.stringify(profile, null, 2)} }`;
  return [counted.join(', '), '', `openai(${JSON.stringify(model)}, ${options})`].join('\n');
}
