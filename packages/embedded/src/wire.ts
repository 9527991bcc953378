// Asks a server one question over PostgreSQL's wire protocol (version 3, SCRAM-SHA-256) and hangs up.
// It exists because this package has no run-time dependency, and it is no client library: one query, one value, no TLS.
// https://www.postgresql.org/docs/18/protocol-message-formats.html and RFC 5802
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { createConnection } from "node:net";
import type { Socket } from "node:net";

const PATIENCE_MS = 10_000;

interface Address {
  readonly socketFolder: string;
  readonly port: number;
  readonly password: string;
}

/** The first column of the first row as text. Rejects when the server is not reached or refuses. */
export async function ask(address: Address, sql: string): Promise<string> {
  const { socketFolder, port } = address;
  const socket = createConnection(socketFolder === "" ? { port, host: "127.0.0.1" } : { path: `${socketFolder}/.s.PGSQL.${port}` });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`the server did not answer for ${PATIENCE_MS} ms`)));
  try {
    socket.write(startup());
    return await converse(socket, address.password, sql);
  } finally {
    socket.destroy();
  }
}

async function converse(socket: Socket, password: string, sql: string): Promise<string> {
  const nonce = randomBytes(18).toString("base64");
  let answer = "";
  for await (const { type, body } of messages(socket)) {
    if (type === "R") {
      const [step, text] = [body.readInt32BE(0), body.subarray(4).toString()];
      if (step === 10) socket.write(saslInitial(nonce));
      else if (step === 11) socket.write(message("p", Buffer.from(scramProof(password, nonce, text))));
    } else if (type === "D") answer = body.subarray(6, 6 + body.readInt32BE(2)).toString();
    else if (type === "E") throw new Error(`the server refused: ${body.toString().replaceAll("\0", " ")}`);
    else if (type === "C") return answer;
    else if (type === "Z") socket.write(message("Q", text(sql)));
  }
  throw new Error("the server hung up");
}

/** Cuts the stream into messages: a letter, a length that counts itself, a body. */
async function* messages(socket: Socket): AsyncGenerator<{ type: string; body: Buffer }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      yield { type: String.fromCharCode(rest[0] ?? 0), body: rest.subarray(5, end) };
      rest = rest.subarray(end);
    }
  }
}

function startup(): Buffer {
  const words = ["user", "evenkeel", "database", "evenkeel", "application_name", "evenkeel watcher", ""];
  const parameters = Buffer.concat(words.map(text));
  return Buffer.concat([int32(parameters.length + 8), int32(196_608), parameters]);
}

function saslInitial(nonce: string): Buffer {
  const first = Buffer.from(`n,,n=,r=${nonce}`);
  return message("p", Buffer.concat([text("SCRAM-SHA-256"), int32(first.length), first]));
}

/** Proves to know the password without sending it. */
function scramProof(password: string, nonce: string, serverFirst: string): string {
  const part = (name: string): string => serverFirst.split(",").find((field) => field.startsWith(`${name}=`))?.slice(2) ?? "";
  if (!part("r").startsWith(nonce)) throw new Error("the server answered another client's challenge");
  const salted = pbkdf2Sync(password, Buffer.from(part("s"), "base64"), Number(part("i")), 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const withoutProof = `c=biws,r=${part("r")}`;
  const signature = createHmac("sha256", createHash("sha256").update(clientKey).digest())
    .update([`n=,r=${nonce}`, serverFirst, withoutProof].join(",")).digest();
  return `${withoutProof},p=${Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString("base64")}`;
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
