/** What a server refused, or why it could not be asked. Whoever catches one knows nothing, and nothing is no. */
export class RolecallError extends Error {
  override readonly name: string = "RolecallError";
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** Seconds until the next attempt makes sense; 0 if the server does not say. */
  readonly retryAfter: number;
  /** Names the request in the server's log; "" without an answer. */
  readonly requestId: string;

  constructor(message: string, more: { status?: number; retryAfter?: number; requestId?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = more.status ?? 0;
    this.retryAfter = more.retryAfter ?? 0;
    this.requestId = more.requestId ?? "";
  }
}

/** A list that ended before the server said that it is complete. */
export class IncompleteError extends RolecallError {
  override readonly name: string = "IncompleteError";
}

/** Reads a refusal. A body of another shape, as from a proxy, gives a message of our own. */
export async function refusal(answer: Response): Promise<RolecallError> {
  let message = "";
  try {
    const text = (await answer.text()).slice(0, 65536);
    if (!(answer.headers.get("Content-Type") ?? "").includes("json")) {
      message = answer.headers.get("Content-Type")?.startsWith("text/plain") === true ? text.trim() : "";
    } else {
      message = sentence(JSON.parse(text));
    }
  } catch {
    // The status says enough.
  }
  const seconds = Number(answer.headers.get("Retry-After") ?? "0");
  return new RolecallError(message || `the server answered ${answer.status}`, {
    status: answer.status,
    retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds : 0,
    requestId: answer.headers.get("X-Request-Id") ?? "",
  });
}

/** One line of a refusal's body: "Message: detail; field: what is wrong with it". */
function sentence(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const { message, detail, validations } = body as { message?: unknown; detail?: unknown; validations?: unknown };
  if (typeof message !== "string") return "";
  let text = message.replace(/\.$/, "");
  if (typeof detail === "string" && detail !== "") text += `: ${detail}`;
  for (const v of Array.isArray(validations) ? (validations as { field?: unknown; detail?: unknown }[]) : []) {
    text = `${text.replace(/\.$/, "")}; ${String(v?.field)}: ${String(v?.detail)}`;
  }
  return text;
}
