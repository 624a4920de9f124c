import { RolecallError, refusal } from "./errors.js";

export interface ClientOptions {
  /** The address of the server without /api/v2, like https://roles.example.com. */
  url: string;
  /** An API token, or what gives the one in force. */
  token?: string | (() => string | Promise<string>);
  /** Milliseconds without a byte after which a request has failed; 10 s if left out. */
  timeout?: number;
  /** Instead of the fetch of the platform. */
  fetch?: typeof globalThis.fetch;
}

export interface Call {
  method?: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  accept?: string;
  headers?: Record<string, string>;
  timeout?: number;
  signal?: AbortSignal | undefined;
  /** Statuses besides 2xx that are no errors. */
  accepted?: number[];
}

/** An answer whose bytes come as they arrive. Whoever leaves early calls close. */
export interface Answer {
  response: Response;
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
  close(): void;
}

/** Sends requests to one server, and follows no redirect: it would carry the token to another one. */
export class Transport {
  readonly url: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    const url = new URL(options.url);
    if (url.protocol !== "https:" && url.protocol !== "http:") throw new TypeError(`${options.url} is no address of a server`);
    this.url = options.url.replace(/\/+$/, "");
    this.#options = options;
  }

  /** Makes a call below /api/v2; what is well known is below the address itself. */
  async open(path: string[], call: Call = {}): Promise<Answer> {
    const idle = new Idle(call.timeout ?? this.#options.timeout ?? 10_000, call.signal);
    try {
      const response = await this.#send(path, call, idle.signal);
      idle.touch();
      if (!response.ok && call.accepted?.includes(response.status) !== true) throw await refusal(response);
      return { response, chunks: chunksOf(response, idle), close: () => idle.end() };
    } catch (cause) {
      idle.end();
      throw idle.explain(cause);
    }
  }

  /** Makes a call whose answer is JSON, and reads it whole. */
  async json(path: string[], call: Call = {}): Promise<{ body: unknown; headers: Headers }> {
    const answer = await this.open(path, call);
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of answer.chunks) text += decoder.decode(chunk, { stream: true });
    try {
      return { body: JSON.parse(text + decoder.decode()), headers: answer.response.headers };
    } catch (cause) {
      throw new RolecallError(`${this.url} does not answer like rolecall`, { status: answer.response.status, cause });
    }
  }

  async #send(path: string[], call: Call, signal: AbortSignal): Promise<Response> {
    const { token, fetch = globalThis.fetch } = this.#options;
    const headers: Record<string, string> = { Accept: call.accept ?? "application/json", ...call.headers };
    // As Authorization: fetch itself takes that header away where it must not go.
    const key = typeof token === "function" ? await token() : token;
    if (key !== undefined && key !== "") headers["Authorization"] = `Bearer ${key}`;
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(this.address(path, call.query), {
      method: call.method ?? (call.body === undefined ? "GET" : "POST"),
      headers,
      signal,
      redirect: "manual",
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400 && response.status !== 304)) {
      throw new RolecallError("the server redirects, and another one must not see the token", { status: response.status });
    }
    return response;
  }

  /** Empty segments and dots would lead to another endpoint, so they are errors. */
  address(path: string[], query: Record<string, string | undefined> = {}): string {
    for (const segment of path) {
      if (segment === "" || segment === "." || segment === "..") throw new RolecallError(`"${segment}" is no name`);
    }
    const root = path[0] === ".well-known" ? this.url : `${this.url}/api/v2`;
    const url = `${root}/${path.map(encodeURIComponent).join("/")}`;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
    return search.size > 0 ? `${url}?${search.toString()}` : url;
  }
}

/** Ends a request when no byte has come for a while, or when its caller does. */
class Idle {
  readonly #controller = new AbortController();
  readonly #ended: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = false;

  constructor(
    private readonly wait: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    this.#ended = () => this.#controller.abort(outer?.reason);
    if (outer?.aborted === true) this.#ended();
    outer?.addEventListener("abort", this.#ended);
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    clearTimeout(this.#timer);
    if (!Number.isFinite(this.wait)) return; // the reader has a watch of its own
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#controller.abort();
    }, this.wait);
  }

  done(): void {
    clearTimeout(this.#timer);
    this.outer?.removeEventListener("abort", this.#ended);
  }

  end(): void {
    this.done();
    this.#controller.abort();
  }

  explain(cause: unknown): unknown {
    if (cause instanceof RolecallError) return cause;
    if (this.#late) return new RolecallError(`no answer for ${this.wait} ms`, { cause });
    if (this.outer?.aborted === true) return cause; // the caller knows why
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
    return new RolecallError(`the server cannot be reached: ${why}`, { cause });
  }
}

async function* chunksOf(response: Response, idle: Idle): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) break;
      idle.touch();
      yield value as Uint8Array<ArrayBuffer>;
    }
    idle.done();
  } catch (cause) {
    throw idle.explain(cause);
  } finally {
    idle.done();
    reader?.cancel().catch(() => undefined); // of a stream that has ended: nothing
  }
}
