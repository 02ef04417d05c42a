/** The part of seek-bzip that we use; the package has no types. */
declare module 'seek-bzip' {
  interface ByteStream {
    /** The next byte of an input. */
    readByte(): number;
    /** Whether an input has no more bytes. */
    eof?(): boolean;
    /** Takes a byte of an output. */
    writeByte(byte: number): void;
  }
  const library: {
    readonly Stream: new () => ByteStream;
    /** With `multistream`, several compressed streams, one after the other. */
    decode(input: ByteStream, output: ByteStream, multistream: boolean): void;
  };
  export default library;
}
