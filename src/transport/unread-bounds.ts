/** What one connection may leave unread of its answers, on either port; what is beyond is cut off. */
export const UNREAD_CONNECTION_BYTES_MAX = 32 * 1024 * 1024;

/** The same of all connections of a port together: whoever leaves most is cut off first. */
export const UNREAD_PORT_BYTES_MAX = 128 * 1024 * 1024;
