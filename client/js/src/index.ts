export { isPassing, type Ask, type Checker, type Decision, type Narrow, type Reason } from "./ask.js";
export { Catalog } from "./catalog.js";
export { Client, type Answers, type CallOptions, type Holder, type Organization, type Problem, type SubjectAnswers } from "./client.js";
export { IncompleteError, RolecallError } from "./errors.js";
export type { ClientOptions } from "./http.js";
export { Keys, type PublicKey } from "./keys.js";
export { Rights, verifyRights, type Expected, type RightsClaims } from "./rights.js";
