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
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      cache: "no-store",
      headers: body === undefined ? {} : { "Content-Type": body instanceof Blob ? "text/csv" : "application/json" },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
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
  return answer;
}
