export { Engine, type EngineOptions, type EngineState, type Stats } from "./local/engine.js";
export { DocumentError, readDocument, type Document, type Header } from "./local/document.js";
export { Held, State, type Applied } from "./local/state.js";
export { realClock, type Clock } from "./local/clock.js";
