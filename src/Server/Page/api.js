// The server's API. Every failure becomes an Error whose message a person can read.

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is hummingbird serve still running?");
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  const problem = new Error(body?.error?.message ?? `The server answered with status ${response.status}.`);
  problem.field = body?.error?.param;
  problem.status = response.status;
  throw problem;
}

export const models = () => ask("/v1/models").then(page => page.data);
export const device = () => ask("/v1/device");
export const health = () => ask("/healthz");
export const list = () => ask("/v1/videos?limit=100").then(page => page.data);
export const create = settings => ask("/v1/videos", {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(settings),
});
export const remove = id => ask(`/v1/videos/${id}`, { method: "DELETE" });
export const contentOf = video => `/v1/videos/${video.id}/content`;

// Follows a job; the browser connects again by itself when the connection breaks. Returns a function that ends it.
export function follow(id, { status, preview, over }) {
  const source = new EventSource(`/v1/videos/${id}/events`);
  const finish = video => { source.close(); over(video); };
  source.addEventListener("status", e => status(JSON.parse(e.data)));
  source.addEventListener("preview", e => preview(JSON.parse(e.data)));
  source.addEventListener("done", e => finish(JSON.parse(e.data)));
  source.addEventListener("deleted", () => finish(null));
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) finish(null); });
  return () => source.close();
}
