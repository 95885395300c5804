/**
 * The key in a map for something that belongs to a merchant: an id, a reference, a key. Merchant ids contain no line
 * feed, so no two pairs share a key.
 */
export function mapName(merchantId: string, name: string): string {
  return `${merchantId}\n${name}`;
}

/** What was named. */
export function named(name: string): { readonly merchantId: string; readonly name: string } {
  const end = name.indexOf('\n');
  return { merchantId: name.slice(0, end), name: name.slice(end + 1) };
}
