/**
 * Returns an endpoint as an HTTP or HTTPS URL; undefined if it is none. (`localhost:8000` alone parses as a URL with
 * the protocol `localhost:`, and is refused.)
 */
export function endpointUrl(endpoint: string): URL | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}
