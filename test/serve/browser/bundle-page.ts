import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Bundles the page with `useChat` of a version of the SDK into one script for a browser. */
export async function bundlePage(sdk: 6 | 7): Promise<string> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, `page-${sdk}.mjs`),
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
  await bundle.close();
  return output[0].code;
}
