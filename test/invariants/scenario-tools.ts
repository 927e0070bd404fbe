import { defineCityTool } from './scenario.ts';

export const look = defineCityTool('look');
export const pay = defineCityTool('pay', { effect: 'non-idempotent' });
export const refund = defineCityTool('refund', { effect: 'non-idempotent', needsApproval: true });

export function createCall(
  name: string,
  city: string,
): { readonly name: string; readonly arguments: { readonly city: string } } {
  return { name, arguments: { city } };
}
