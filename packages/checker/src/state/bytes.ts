// Bytes that are appended to and read in order: how states are written for a frontier or a file. It knows nothing of what they mean.

/** Appends to a buffer that grows by doubling. `bytes` is replaced when it grows: do not keep it. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;
  private readonly scratch = new DataView(new ArrayBuffer(8));

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^32 - 1, in one to five bytes. */
  uint(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  double(value: number): void {
    this.reserve(8);
    this.scratch.setFloat64(0, value);
    for (let index = 0; index < 8; index += 1) this.bytes[this.length++] = this.scratch.getUint8(index);
  }

  /** The bytes themselves, without their count. */
  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }
}

/** Reads what a writer appended. Reading past the end gives zeros: who reads knows what was written. */
export class ByteReader {
  private bytes: Uint8Array;
  position = 0;
  private readonly scratch = new DataView(new ArrayBuffer(8));

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
  }

  /** Continues with other bytes. */
  reset(bytes: Uint8Array, position: number): void {
    this.bytes = bytes;
    this.position = position;
  }

  /** The bytes from here to `end`, themselves and not a copy. */
  rest(end: number): Uint8Array {
    return this.bytes.subarray(this.position, end);
  }

  byte(): number {
    return this.bytes[this.position++] ?? 0;
  }

  uint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  double(): number {
    for (let index = 0; index < 8; index += 1) this.scratch.setUint8(index, this.byte());
    return this.scratch.getFloat64(0);
  }

  raw(count: number): Uint8Array {
    const part = this.bytes.slice(this.position, this.position + count);
    this.position += count;
    return part;
  }
}
