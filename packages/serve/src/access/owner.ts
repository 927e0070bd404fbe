import type { Principal } from './principal.ts';

/** Formats the owner of a principal's runs. Two principals have the same owner exactly if their tenant and id are the same. */
export function formatOwner({ tenant, id }: Pick<Principal, 'tenant' | 'id'>): string {
  return JSON.stringify([tenant ?? null, id]);
}

/** Reads an owner that `formatOwner` wrote. The owner of a run that was started in another way is the id of a principal without a tenant. */
export function readOwner(owner: string): Pick<Principal, 'tenant' | 'id'> {
  const parsed = parsePair(owner);
  if (parsed === undefined) return { id: owner };
  const [tenant, id] = parsed;
  return tenant === null ? { id } : { tenant, id };
}

function parsePair(owner: string): readonly [tenant: string | null, id: string] | undefined {
  if (!owner.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(owner);
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [tenant, id]: readonly unknown[] = value;
    return (tenant === null || typeof tenant === 'string') && typeof id === 'string' ? [tenant, id] : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a principal may see a run: its owner, and operators of the same tenant, or of none. */
export function canSee(principal: Principal, owner: string | undefined): boolean {
  if (owner !== undefined && owner === formatOwner(principal)) return true;
  if (principal.isOperator !== true) return false;
  if (principal.tenant === undefined) return true;
  return owner !== undefined && readOwner(owner).tenant === principal.tenant;
}
