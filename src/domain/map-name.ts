/**
 * The key in a map for something that belongs to a merchant: an id, a reference, a key. Merchant ids contain no line
 * feed, so no two pairs share a key.
 */
export function mapName(merchantId: string, name: string): string {
  return `${merchantId}\n${name}`;
}
