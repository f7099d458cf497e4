// Asking the program whose page this is.

/** An answer that is not the wanted one. `status` 0: there was none. `body` is what the API says about it. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {any} body
   */
  constructor(status, body) {
    super(`status ${status}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * Send a request and give the answer's JSON; raises ApiError for anything but success. A file goes as it is, all else as JSON.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [wait_ms]   For the answer.
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, wait_ms) {
  return (await answered(method, path, body, wait_ms)).body;
}

/**
 * A page of a list, and the address of the one behind it; null: this is the last.
 *
 * @param {string} path
 * @returns {Promise<{items: any[], next: string | null}>}
 */
export async function askPage(path) {
  const { body, headers } = await answered("GET", path);
  return { items: body, next: /<([^>]*)>; rel="next"/.exec(headers.get("Link") ?? "")?.[1] ?? null };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [wait_ms]
 */
async function answered(method, path, body, wait_ms = 15000) {
  let response;
  try {
    response = await fetch(path, {
      method,
      cache: "no-store",
      headers: body === undefined ? {} : { "Content-Type": body instanceof Blob ? "text/csv" : "application/json" },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(wait_ms),
    });
  } catch {
    throw new ApiError(0, { code: "no_connection", params: {} });
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new ApiError(response.status, { code: "no_json", params: { status: response.status } });
  }
  if (response.status === 401) {
    // Logged out meanwhile: the page begins with the login again.
    location.reload();
  }
  if (!response.ok) throw new ApiError(response.status, answer);
  return { body: answer, headers: response.headers };
}
