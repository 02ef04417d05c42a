const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps in the kernel, which is some 60 µs late: the thread and its event loop stand still meanwhile. */
export function sleep(ns: number): void {
  Atomics.wait(neverNotified, 0, 0, ns / 1e6);
}
