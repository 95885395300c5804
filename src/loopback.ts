import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether a port on it is reached under any address of this machine, so that it tells none: `0.0.0.0`, `::`. */
export function isAnyAddress(host: string): boolean {
  return /^(::ffff:)?[0:.]+$/i.test(host);
}

/** Whether only this machine can reach ports on the address. A name other than `localhost` may resolve to anything. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return /^(.+\.)?localhost\.?$/i.test(host);
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
