/**
 * The caller and what they may do: the merchant comes from the API key, the actor and the permissions from the token.
 */
export interface Principal {
  readonly merchantId: string;
  /** `sub` of the token; recorded in the log. */
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** From the weakest; each implies those before it. */
export const permissions = [
  'can_read_stock',
  'can_read_inventory',
  'can_update_inventory',
  'can_manage_inventory',
] as const;
export type Permission = (typeof permissions)[number];

/** Manage implies update, update implies read, read implies stock. */
export function withImplied(granted: Iterable<string>): ReadonlySet<Permission> {
  const names = new Set(granted);
  const highest = permissions.findLastIndex((permission) => names.has(permission));
  return new Set(permissions.slice(0, highest + 1));
}
