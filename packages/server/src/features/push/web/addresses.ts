/** Addresses that a stranger may make this server connect to: those of the public internet alone. RFC 6890, and the IANA registries it began. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const forbidden = new BlockList()
/** Of the translator from IPv6 to IPv4 of one's own network: as public as the address behind it. [RFC6052 2.1] */
const translator = '64:ff9b::'
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  forbidden.addSubnet(net, prefix, 'ipv4')
  forbidden.addSubnet(`${translator}${net}`, 96 + prefix, 'ipv6')
}
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  forbidden.addSubnet(net, prefix, 'ipv6')

const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')
global.addSubnet(translator, 96, 'ipv6')

/** `address`: a literal, without brackets. Whatever is not known to be public is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !forbidden.check(address, 'ipv4')
  return isIPv6(address) && global.check(address, 'ipv6') && !forbidden.check(address, 'ipv6')
}
