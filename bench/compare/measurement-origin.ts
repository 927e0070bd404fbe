import { cpus } from 'node:os';

/** Where and when a result was measured. */
export interface MeasurementOrigin {
  readonly at: string;
  readonly node: string;
  readonly machine: string;
}

export function readOrigin(): MeasurementOrigin {
  return {
    at: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
  };
}
