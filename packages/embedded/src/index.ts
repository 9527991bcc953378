// The public names of @evenkeel/embedded, listed by hand.

// Start or join the server of a folder.
export { startEmbedded } from "./start-embedded.ts";
export type { EmbeddedOptions, EmbeddedServer } from "./start-embedded.ts";

// What can go wrong.
export { DATABASE_URL_SETTING, EmbeddedError, embeddedErrorCodes } from "./errors.ts";
export type { EmbeddedErrorCode } from "./errors.ts";
