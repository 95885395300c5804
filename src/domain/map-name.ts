/**
 * The name, in a map, of something that belongs to a merchant: an id, a reference, a key. No merchant's id holds a
 * line feed, so no two pairs share a name.
 */
export function mapName(merchantId: string, name: string): string {
  return `${merchantId}\n${name}`;
}
