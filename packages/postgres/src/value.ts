// What a statement is given. In a file of its own: the declarations that users see name it, and must not ask them for the client library's types.

/** A parameter: a buffer is in PostgreSQL's binary format, all else as text. */
export type Value = Buffer | string | number | boolean | null;
