/** Where a server may send its clients: to another host, over the same kind of connection. [RFC6120 4.9.3.19, XEP-0198 5] */

/** The same kind of connection to another host (`host`, `host:port`, `[v6]:port`); undefined when that is no host. */
export function moved(url: string, host: string): string | undefined {
  const scheme = /^(xmpps?):\/\//.exec(url)?.[1]
  if (scheme === undefined || !/^(?:\[[0-9A-Fa-f:.]{2,45}\]|[^\s/:@?#\\]{1,255})(?::\d{1,5})?$/.test(host))
    return undefined
  const isComplete = /[^:\]]:\d+$|\]:\d+$/.test(host)
  const next = `${scheme}://${host}${isComplete ? '' : scheme === 'xmpps' ? ':5223' : ':5222'}`
  return URL.canParse(next) ? next : undefined
}
