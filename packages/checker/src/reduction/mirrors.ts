export interface Mirrors { least(world: unknown, kept: unknown, into: Uint32Array): void }
