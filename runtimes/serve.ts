import { offlineServer } from '@pawl/testing';
import { scripts } from './scripts.ts';
import { type Addresses, suite, type Transport } from './suite/suite.ts';

export interface ServedSuite {
  readonly addresses: Addresses;
  /** What the servers saw that they should not have. */
  listProblems(): readonly string[];
  close(): Promise<void>;
}

/** A server for each case and each way of sending, in this process, which is Node's. */
export async function serve(transports: readonly Transport[]): Promise<ServedSuite> {
  const started = await Promise.all(
    transports.flatMap((transport) =>
      suite.map(async ({ name }) => {
        const served = scripts[name];
        if (served === undefined) throw new Error(`scripts.ts has no script for the case "${name}".`);
        return { transport, name, served, server: await offlineServer({ script: served.script }) };
      }),
    ),
  );
  const selectAddresses = (wanted: Transport): Readonly<Record<string, string>> =>
    Object.fromEntries(started.filter((one) => one.transport === wanted).map((one) => [one.name, one.server.baseURL]));
  return {
    addresses: Object.fromEntries(transports.map((transport) => [transport, selectAddresses(transport)])),
    listProblems: () =>
      started.flatMap(({ transport, name, served, server }) => {
        const problems: string[] = [];
        try {
          server.assertDone();
        } catch (error) {
          problems.push(String(error));
        }
        const { disconnects = 0 } = served;
        if (server.disconnects !== disconnects) {
          problems.push(`The client went away ${server.disconnects} times before the end, and not ${disconnects}.`);
        }
        return problems.map((problem) => `FAILED ${name} (${transport}), as the server saw it: ${problem}`);
      }),
    close: async () => {
      await Promise.all(started.map(({ server }) => server.close()));
    },
  };
}
