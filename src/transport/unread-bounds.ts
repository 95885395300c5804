/** Unread answer bytes allowed per connection, on either port; beyond that they are cut off. */
export const UNREAD_CONNECTION_BYTES_MAX = 32 * 1024 * 1024;

/** The same for all connections of a port together; the one with the most unread is cut off first. */
export const UNREAD_PORT_BYTES_MAX = 128 * 1024 * 1024;
