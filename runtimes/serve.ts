import { offlineServer } from '@pawl/testing';
import { scripts } from './scripts.ts';
import { type Addresses, type Sending, suite } from './suite/suite.ts';

export interface ServedSuite {
  readonly addresses: Addresses;
  /** What the servers saw that they should not have. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** A server for each case and each way of sending, in this process, which is Node's. */
export async function serve(sendings: readonly Sending[]): Promise<ServedSuite> {
  const started = await Promise.all(
    sendings.flatMap((sending) =>
      suite.map(async ({ name }) => {
        const served = scripts[name];
        if (served === undefined) throw new Error(`scripts.ts has no script for the case "${name}".`);
        return { sending, name, served, server: await offlineServer({ script: served.script }) };
      }),
    ),
  );
  const addressesOf = (wanted: Sending): Readonly<Record<string, string>> =>
    Object.fromEntries(started.filter((one) => one.sending === wanted).map((one) => [one.name, one.server.baseURL]));
  return {
    addresses: Object.fromEntries(sendings.map((sending) => [sending, addressesOf(sending)])),
    problems: () =>
      started.flatMap(({ sending, name, served, server }) => {
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
        return problems.map((problem) => `FAILED ${name} (${sending}), as the server saw it: ${problem}`);
      }),
    close: async () => {
      await Promise.all(started.map(({ server }) => server.close()));
    },
  };
}
