/** The seconds of `Prefer: wait=N` (RFC 7240 section 4.3); undefined without it. */
export function readWait(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header.join(',') : header
  const found = text === undefined ? null : /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(text)
  return found === null ? undefined : Number(found[1])
}
