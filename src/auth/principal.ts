/** Who calls, and what they may do: the merchant by API key, the actor and the permissions by token. */
export interface Principal {
  readonly merchantId: string;
  /** `sub` of the token; kept in the log. */
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** From the weakest: each implies those before it. */
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
