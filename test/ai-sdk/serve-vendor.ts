import { onTestFinished } from 'vitest';
import type { Vendor } from './vendor.ts';
import { startVendorServer, type VendorServer, type VendorServerOptions } from './vendor-server.ts';

/** Starts a vendor's server that is closed after the test. */
export async function serveVendor(vendor: Vendor, options: VendorServerOptions): Promise<VendorServer> {
  const server = await startVendorServer(vendor, options);
  onTestFinished(() => server.close());
  return server;
}
