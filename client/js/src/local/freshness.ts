import type { Clock } from "./clock.js";
import type { EngineOptions, EngineState } from "./engine.js";

/**
 * Knows when the server was last known to agree with what is held, by the clock that never goes back. What arrives late
 * counts from when it was sent: on each connection the least difference of the two clocks is that of no delay.
 */
export class Freshness {
  heard = -Infinity;
  #least = Infinity;
  #delay = 0;
  /** The time of the server in milliseconds, less that of the clock. */
  #ahead = -Infinity;
  #state: EngineState = "loading";
  #timer: unknown;
  readonly #said = new Set<string>();

  constructor(
    private readonly options: EngineOptions & { maxStaleness: number; clock: Clock },
    private readonly now: () => EngineState,
  ) {}

  /** A stream has begun. What it says is not older than the question. */
  connected(sent: number): void {
    this.#least = Infinity;
    this.#delay = 0;
    this.#hear(sent);
  }

  /** An event has come, which the server sent at a time of its own clock, or at an unknown one. */
  beat(sent: string | undefined): void {
    const at = this.options.clock.now();
    const server = sent === undefined ? NaN : Date.parse(sent);
    if (!Number.isNaN(server)) {
      this.#least = Math.min(this.#least, at - server);
      this.#delay = at - server - this.#least;
      this.#ahead = server - at;
    }
    this.#hear(at - this.#delay);
  }

  /**
   * The time that decides what has ended, in microseconds: that of the machine, or of the server, whichever is later. What
   * the server said has taken a while to come, so a clock that is behind ends nothing too late.
   */
  time(): number {
    const { clock } = this.options;
    return Math.floor(Math.max(clock.date(), clock.now() + this.#ahead)) * 1000 + 999;
  }

  /** Tells of another state, if it is another one. */
  announce(why: unknown): void {
    const state = this.now();
    if (state === this.#state) return;
    this.#state = state;
    if (state === "stale" || state === "no_access") this.#log(`rolecall: ${state}${why === undefined ? "" : `: ${String(why)}`}`);
    try {
      this.options.onStateChange?.(state, why);
    } catch (cause) {
      this.complain(cause); // of the application, and no reason to lose the feed
    }
  }

  /** Tells of a failure, once. */
  complain(cause: unknown): void {
    const message = `rolecall: ${cause instanceof Error ? cause.message : String(cause)}`;
    if (this.#said.has(message) || this.#said.size > 100) return;
    this.#said.add(message);
    this.#log(message);
  }

  close(): void {
    this.options.clock.clearTimeout(this.#timer);
    this.announce(undefined);
  }

  #log(message: string): void {
    (this.options.log ?? console.warn)(message);
  }

  #hear(at: number): void {
    const { clock, maxStaleness } = this.options;
    this.heard = Math.max(this.heard, at);
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => this.announce(undefined), Math.max(0, this.heard + maxStaleness - clock.now()) + 1);
  }
}
