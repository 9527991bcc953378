// The part of opossum that is used here; the package has no types of its own.
declare module "opossum" {
  interface Options {
    timeout?: number;
    capacity?: number;
    errorThresholdPercentage?: number;
    volumeThreshold?: number;
    resetTimeout?: number;
    rollingCountTimeout?: number;
    rollingCountBuckets?: number;
    rollingPercentilesEnabled?: boolean;
    enableSnapshots?: boolean;
    abortController?: AbortController;
  }
  export default class CircuitBreaker<T> {
    constructor(action: () => Promise<T>, options: Options);
    fire(): Promise<T>;
    shutdown(): void;
  }
}
