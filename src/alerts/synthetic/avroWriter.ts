const uint32 = 4294967296;

/**
 * Writes the binary encoding of Avro into one buffer that is reused for each record. Measured on alerts of 82
 * kB: avsc needs about 1 ms to encode one that is made already; making and encoding it here takes 0.25 ms.
 *
 * @remarks The methods whose names begin with `maybe` write a union of null and the type, in this order, with
 * the value present. Source: Avro specification 1.12, "Binary encoding".
 */
export class AvroWriter {
  private readonly buffer: Buffer;
  private readonly view: DataView;
  private at = 0;

  constructor(capacityBytes: number) {
    this.buffer = Buffer.alloc(capacityBytes);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, capacityBytes);
  }

  get length(): number {
    return this.at;
  }

  /** Starts a new record. */
  reset(): void {
    this.at = 0;
  }

  /** Copies what was written since the last reset into a buffer of its own. */
  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.at));
  }

  /** Writes null of a union whose first branch it is. */
  null(): void {
    this.view.setUint8(this.at++, 0);
  }

  /** Selects a union's second branch; its value follows. */
  present(): void {
    this.view.setUint8(this.at++, 2);
  }

  /**
   * Writes an int, or a long of at most 53 bits.
   *
   * @param value - whole number, 0 or more
   */
  integer(value: number): void {
    if (value < 0x40000000) this.varint(value << 1);
    else this.long(Math.floor(value / uint32), (value % uint32) | 0);
  }

  /**
   * Writes a long of up to 63 bits, given as two words, because BigInt is slow.
   *
   * @param high - upper 31 bits
   * @param low - lower 32 bits, as a signed or unsigned word
   */
  long(high: number, low: number): void {
    // Zigzag of a positive number is the number doubled.
    let h = (high << 1) | (low >>> 31);
    let l = low << 1;
    while (h !== 0) {
      this.view.setUint8(this.at++, (l & 0x7f) | 0x80);
      l = (l >>> 7) | (h << 25);
      h >>>= 7;
    }
    this.varint(l);
  }

  double(value: number): void {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Writes a float, rounded to the nearest. */
  float(value: number): void {
    this.view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  maybeDouble(value: number): void {
    this.view.setUint8(this.at, 2);
    this.view.setFloat64(this.at + 1, value, true);
    this.at += 9;
  }

  maybeFloat(value: number): void {
    this.view.setUint8(this.at, 2);
    this.view.setFloat32(this.at + 1, value, true);
    this.at += 5;
  }

  /**
   * Writes a boolean that may be null.
   *
   * @param value - any number but 0 is true
   */
  maybeBoolean(value: boolean | number): void {
    this.view.setUint8(this.at, 2);
    this.view.setUint8(this.at + 1, value ? 1 : 0);
    this.at += 2;
  }

  /**
   * Writes an int, or a long of at most 53 bits, that may be null.
   *
   * @param value - whole number, 0 or more
   */
  maybeInteger(value: number): void {
    this.present();
    this.integer(value);
  }

  /** Writes a long of up to 63 bits that may be null. */
  maybeLong(high: number, low: number): void {
    this.present();
    this.long(high, low);
  }

  /**
   * Writes a string.
   *
   * @param text - ASCII
   */
  string(text: string): void {
    this.integer(text.length);
    for (let i = 0; i < text.length; i += 1) this.view.setUint8(this.at++, text.charCodeAt(i));
  }

  /**
   * Writes a string, or null where it is undefined.
   *
   * @param text - ASCII
   */
  maybeString(text: string | undefined): void {
    if (text === undefined) {
      this.null();
      return;
    }
    this.present();
    this.string(text);
  }

  /**
   * Writes the length of a bytes value that may be null, and returns the space for the caller to fill; valid
   * until the next reset.
   */
  maybeBytes(byteLength: number): Buffer {
    this.present();
    this.integer(byteLength);
    const room = this.buffer.subarray(this.at, this.at + byteLength);
    this.at += byteLength;
    return room;
  }

  private varint(value: number): void {
    let rest = value;
    while (rest >>> 7 !== 0) {
      this.view.setUint8(this.at++, (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.view.setUint8(this.at++, rest);
  }
}
