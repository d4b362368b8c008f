/**
 * An endpoint as a URL; undefined if it is none. `localhost:8000` parses, too: as a path under the protocol
 * `localhost:`.
 */
export function endpointUrl(endpoint: string): URL | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}
