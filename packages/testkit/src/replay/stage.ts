// Where a script is played: the store with the services recorded in it, who owns what, and what stands in each line. It opens and it looks;
// what moves is its neighbours' business.
import { checkDefinitions, manifestOf, routesOf, type Routes } from "@evenkeel/core/engine";
import { partitionOf, type Fence, type Message, type Store } from "@evenkeel/core/spi";
import type { AnyService } from "@evenkeel/core";
import { CallDesk } from "./call-desk.ts";
import { Provider } from "./provider.ts";
import type { StillHost } from "./still-host.ts";
import { invalid, type ReplayedSystem } from "./subject.ts";
import type { Passed } from "./watched-store.ts";

export const WORKER = "replay";

export interface Definition { readonly service: AnyService; readonly routes: Routes }

/** One service, all its versions together. */
export interface Group {
  readonly name: string;
  /** The service itself, then its other versions. */
  readonly definitions: readonly Definition[];
  /** The messages that one of them handles. */
  readonly names: readonly string[];
  /** By partition. */
  readonly fences: Map<number, Fence>;
  readonly calls: CallDesk;
}

/** The messages of one key that a group has not handled, in order. */
export interface Line {
  readonly group: string;
  readonly tenant: string;
  readonly key: string;
  readonly messages: readonly Message[];
  /** How the first of them failed; null: it did not. */
  readonly parked: { readonly state: "waiting" | "dead"; readonly attempts: number; readonly code: string; readonly reason: string } | null;
}

const MANY = 10_000;
const WHOLE = 1e9;

export class Stage {
  readonly store: Store;
  readonly host: StillHost;
  readonly passed: Passed;
  readonly provider: Provider;
  readonly system: ReplayedSystem;
  readonly partitions: number;
  readonly groups = new Map<string, Group>();

  private constructor(parts: Pick<Stage, "store" | "host" | "passed" | "system" | "partitions">) {
    this.store = parts.store;
    this.host = parts.host;
    this.passed = parts.passed;
    this.system = parts.system;
    this.partitions = parts.partitions;
    this.provider = new Provider(parts.system.ports ?? []);
  }

  /** Records the services in an empty store and takes everything there is to own. */
  static async open(parts: Pick<Stage, "store" | "host" | "passed" | "system" | "partitions">): Promise<Stage> {
    const stage = new Stage(parts);
    const { system: services, versions = [] } = parts.system;
    const all = [...services, ...versions];
    // Whatever is handled may come from outside of what is replayed.
    const accepts = [...new Set(services.flatMap((one) => one.routes.flatMap((route) => (route.kind === "message" ? [route.definition] : []))))];
    const ports = stage.provider.ports(all);
    checkDefinitions({ services, accepts, ports: stage.provider.ports(services) });
    const manifest = manifestOf({ services, accepts, ports }, parts.partitions);
    const names = new Map(services.map(({ name }) => [name, [...new Set(all.filter((one) => one.name === name).flatMap((one) => routesOf(one).names))]]));
    await parts.store.prepare({
      ...manifest,
      groups: manifest.groups.map(({ name }) => ({ name, handles: names.get(name) ?? [] })),
      entities: [...new Set(all.flatMap((one) => Object.values(one.entities).map((entity) => entity.name)))],
    });
    for (const { name } of services) {
      const definitions = all.filter((one) => one.name === name).map((service): Definition => ({ service, routes: routesOf(service) }));
      const fences = new Map<number, Fence>();
      const calls = new CallDesk({ group: name, services: definitions.map((one) => one.service), ports, store: parts.store, host: parts.host });
      stage.groups.set(name, { name, definitions, names: names.get(name) ?? [], fences, calls });
      await stage.own(name, Array.from({ length: parts.partitions }, (_, partition) => partition));
    }
    return stage;
  }

  group(name: string): Group {
    const found = this.groups.get(name);
    if (found === undefined) throw invalid(`The replay needs a service '${name}', and the scenario has none of this name.`);
    return found;
  }

  partitionOf(tenant: string, key: string): number {
    return partitionOf(tenant, key, this.partitions);
  }

  /** Takes partitions, or takes them over: whoever had them before is forgotten, with all that was under way. */
  async own(name: string, partitions: readonly number[]): Promise<void> {
    const { fences, calls } = this.group(name);
    const grants = await this.store.acquire({ worker: WORKER, group: name, partitions });
    for (const { partition, epoch } of grants) fences.set(partition, { partition, epoch });
    await calls.granted(grants.map(({ partition, epoch }) => ({ partition, epoch })));
  }

  position(group: string, partition: number): number {
    return this.passed.positions.get(group)?.get(partition) ?? 0;
  }

  async line(group: string, tenant: string, key: string): Promise<Line | null> {
    return (await this.lines(group)).find((one) => one.tenant === tenant && one.key === key) ?? null;
  }

  /** What the groups have not handled yet: parked messages, and behind them what is still in the log. */
  async lines(only?: string): Promise<readonly Line[]> {
    const found: Line[] = [];
    for (const { name, names } of this.groups.values()) {
      if (only !== undefined && name !== only) continue;
      const heads = await this.store.listParked({ group: name, limit: MANY });
      const keys = heads.map(({ partition, tenant, key }) => ({ partition, tenant, key }));
      const set = keys.length === 0 ? [] : (await this.store.readParked({ group: name, keys, limit: MANY, maxLength: WHOLE })).messages;
      const cursors = Array.from({ length: this.partitions }, (_, partition) => ({ partition, position: this.position(name, partition) }));
      const { messages } = await this.store.read({ group: name, names, cursors, limit: MANY, maxLength: WHOLE });
      const byKey = new Map<string, Message[]>();
      for (const message of [...set.map((one) => one.message), ...messages]) {
        const id = `${message.tenant}\u0000${message.key}`;
        byKey.set(id, [...(byKey.get(id) ?? []), message]);
      }
      for (const line of byKey.values()) {
        const [first] = line;
        if (first === undefined) continue;
        const { tenant, key } = first;
        const head = heads.find((one) => one.tenant === tenant && one.key === key);
        // One that has never failed stands there because of those before it, which are gone.
        const parked = head === undefined || head.code === "" ? null : { state: head.state, attempts: head.attempts, code: head.code, reason: head.reason };
        found.push({ group: name, tenant, key, messages: line, parked });
      }
    }
    return found;
  }

  async timers(): Promise<readonly { readonly id: number; readonly message: Omit<Message, "position"> }[]> {
    const partitions = Array.from({ length: this.partitions }, (_, partition) => partition);
    return (await this.store.readTimers({ partitions, limit: MANY })).due;
  }
}
