/** Whether a host, as `URL` writes it, is this machine: what browsers call potentially trustworthy without TLS. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
