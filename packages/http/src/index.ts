// The public names of @evenkeel/http, listed by hand.

// A client of one provider.
export { httpClient } from "./http-client.ts";
export type { HttpClient, HttpClientStats } from "./http-client.ts";
export type { HttpClientOptions } from "./client-options.ts";
export type { Authorize, Credentials } from "./credentials.ts";
export type { RedactOptions } from "./redaction.ts";

// Operations of ports, and plain requests.
export type { HttpAsk, HttpCall, HttpOperation, HttpPerform } from "./operation.ts";
export type { HttpRequest } from "./wire-request.ts";
export type { HttpReply } from "./reply.ts";
export type { SendOptions } from "./send.ts";

// What stands in the reference.
export { DEFAULT_HTTP_NUMBERS, HTTP_BOUNDS } from "./client-options.ts";
