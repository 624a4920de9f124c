import { IncompleteError } from "./errors.js";
import type { Answer } from "./http.js";

/**
 * Reads rows that come one a line, up to the last line, which says that the list is complete and how long it is. Without
 * that line, or with another count, it throws: a list that broke off must not look like a short one. An answer that is a
 * JSON list instead has its end in itself.
 */
export async function* rows<T>(answer: Answer): AsyncGenerator<T, void> {
  let count = 0;
  let complete = false;
  try {
    if (!(answer.response.headers.get("Content-Type") ?? "").startsWith("application/x-ndjson")) {
      yield* whole<T>(answer);
      return;
    }
    for await (const line of linesOf(answer.chunks)) {
      if (line === "") continue;
      if (complete) throw new IncompleteError("something follows the end of the list");
      const row = parse(line);
      if (row === null || typeof row !== "object" || Array.isArray(row)) throw new IncompleteError("a row of the list is none");
      if (!("complete" in row)) {
        count++;
        yield row as T;
        continue;
      }
      complete = row.complete === true && (row as { count?: unknown }).count === count;
      if (!complete) throw new IncompleteError(`the list is not complete after ${count} rows`);
    }
    if (!complete) throw new IncompleteError(`the list broke off after ${count} rows`);
  } finally {
    answer.close();
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new IncompleteError("the list broke off within a row", { cause });
  }
}

async function* whole<T>(answer: Answer): AsyncGenerator<T, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of answer.chunks) text += decoder.decode(chunk, { stream: true });
  const list = parse(text + decoder.decode());
  if (!Array.isArray(list)) throw new IncompleteError("the answer is no list");
  yield* list as T[];
}

/** Characters: the longest event of a feed is well below. */
const maxLine = 1 << 25;

/** Cuts a stream at its line ends, be they \n, \r\n or \r. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > maxLine) throw new IncompleteError("a line is too long");
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest.replace(/\r$/, "");
}
