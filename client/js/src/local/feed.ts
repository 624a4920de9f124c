import { RolecallError } from "../errors.js";
import type { Transport } from "../http.js";
import { linesOf } from "../lines.js";
import { pause, type Clock } from "./clock.js";

/** Milliseconds without a byte after which a connection counts as cut. */
const silence = 15_000;

/** Milliseconds between attempts, by chance between the two, so that clients of a server do not come all at once. */
const leastPause = 500;
const mostPause = 5_000;
const refusedPause = 30_000;

export interface FeedEvent {
  name: string;
  id: number | undefined;
  data: unknown;
}

export interface Listener {
  /** Makes ready what the changes are about. What it throws is a failed attempt. */
  prepare(signal: AbortSignal): Promise<void>;
  /** What to ask for: the organizations, and where to go on. */
  where(): { organizations: string; after: number | undefined };
  /** Takes in an event. What it throws ends the connection. `sent` is when the stream was asked for. */
  event(e: FeedEvent, sent: number): void;
  /** The stream has ended; `refused` if the server does not answer this application any more. */
  lost(why: unknown, refused: boolean): void;
}

/** Follows the changes of a server, and begins again whenever the connection is cut. */
export class Feed {
  readonly #stop = new AbortController();
  #failures = 0;

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly listener: Listener,
  ) {}

  /** Runs until stop. It never throws. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let wait = 0;
      const begin = this.clock.now();
      try {
        const end = await this.#follow();
        // After a bye there is another server, which answers at once; unless it was the same one, on its way out.
        if (end === "cut" || this.clock.now() - begin < leastPause) wait = this.#jitter();
        this.#tell(new RolecallError("the feed was cut"), false);
      } catch (cause) {
        const refused = cause instanceof RolecallError && [401, 403, 404].includes(cause.status);
        wait = refused ? refusedPause : Math.max(this.#jitter(), cause instanceof RolecallError ? cause.retryAfter * 1000 : 0);
        this.#tell(cause, refused);
      }
      await pause(this.clock, wait, this.#stop.signal);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  #tell(why: unknown, refused: boolean): void {
    if (!this.#stop.signal.aborted) this.listener.lost(why, refused);
  }

  #jitter(): number {
    const most = Math.min(mostPause, 1000 * 2 ** this.#failures++);
    return leastPause + this.clock.random() * (most - leastPause);
  }

  /** Reads one stream to its end. */
  async #follow(): Promise<"bye" | "cut"> {
    const end = new AbortController();
    const stop = () => end.abort();
    this.#stop.signal.addEventListener("abort", stop);
    await this.listener.prepare(end.signal);
    const watch = new Watch(this.clock, () => end.abort(new RolecallError(`nothing came for ${silence} ms`)));
    const sent = this.clock.now();
    const { organizations, after } = this.listener.where();
    const position = after?.toString();
    try {
      const answer = await this.transport.open(["changes"], {
        query: { organizations, after: position },
        headers: position === undefined ? {} : { "Last-Event-ID": position },
        accept: "text/event-stream",
        timeout: Infinity,
        signal: end.signal,
      });
      let begun = false;
      for await (const e of events(watch.over(answer.chunks))) {
        if (e.name === "bye") return "bye";
        begun ||= e.name === "hello";
        if (!begun) throw new RolecallError("the feed does not begin with hello");
        this.listener.event(e, sent);
        if (e.name === "hello") this.#failures = 0;
      }
      return "cut";
    } finally {
      watch.end();
      this.#stop.signal.removeEventListener("abort", stop);
      end.abort();
    }
  }
}

/** Ends a connection on which nothing comes. */
class Watch {
  #timer: unknown;

  constructor(
    private readonly clock: Clock,
    private readonly late: () => void,
  ) {
    this.#timer = clock.setTimeout(late, silence);
  }

  async *over<T>(chunks: AsyncIterable<T>): AsyncGenerator<T, void> {
    for await (const chunk of chunks) {
      this.end();
      this.#timer = this.clock.setTimeout(this.late, silence);
      yield chunk;
    }
  }

  end(): void {
    this.clock.clearTimeout(this.#timer);
  }
}

/** The events of a stream, in the form of server-sent events. What broke off at its end is none. */
export async function* events(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FeedEvent, void> {
  let name = "message";
  let data: string[] = [];
  let id: number | undefined;
  for await (const line of linesOf(chunks)) {
    if (line === "") {
      if (data.length > 0 || name === "bye") yield { name, id, data: data.length > 0 ? JSON.parse(data.join("\n")) : {} };
      name = "message";
      data = [];
      id = undefined;
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "event") name = value ?? "";
    else if (field === "data") data.push(value ?? "");
    else if (field === "id" && /^\d{1,16}$/.test(value ?? "")) id = Number(value);
  }
}
