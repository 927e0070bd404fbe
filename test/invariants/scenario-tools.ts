import { cityTool } from './scenario.ts';

export const look = cityTool('look');
export const pay = cityTool('pay', { effect: 'non-idempotent' });
export const refund = cityTool('refund', { effect: 'non-idempotent', needsApproval: true });

export function asks(
  name: string,
  city: string,
): { readonly name: string; readonly arguments: { readonly city: string } } {
  return { name, arguments: { city } };
}
