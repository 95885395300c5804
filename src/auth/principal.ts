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
/** Of operators alone: nothing implies it, and it implies nothing. */
export const OPERATOR_PERMISSION = 'can_manage_merchants';
export type Permission = (typeof permissions)[number] | typeof OPERATOR_PERMISSION;

/** Stands for a merchant where an operator's calls are counted. No merchant has this id. */
export const OPERATORS = '(operators)';

/** Manage implies update, update implies read, read implies stock. */
export function withImplied(granted: Iterable<string>): ReadonlySet<Permission> {
  const names = new Set(granted);
  const highest = permissions.findLastIndex((permission) => names.has(permission));
  const implied: Permission[] = permissions.slice(0, highest + 1);
  return new Set(names.has(OPERATOR_PERMISSION) ? [...implied, OPERATOR_PERMISSION] : implied);
}
