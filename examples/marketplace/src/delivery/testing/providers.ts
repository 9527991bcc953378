// All providers of a delivery in one: they do what they are asked, once per key, remember it in order, and fail as a test says. Tokens that they
// are handed are kept for whoever plays the reviewer and the warehouse.
import { notPerformed, provide, type ProvidedPort } from "evenkeel";
import { bank, catalogue, parcels, reviews, stock, warehouse, type Shipment } from "../ports.ts";

interface Refusal { readonly kind: string; readonly value: { readonly reason: string } }

/** Operations by their names, as in "bank.refund". */
type HowItFails = Record<string, "down" | Refusal>;

interface Asked<Input> { readonly key: string; readonly input: Input }

export function providers(shipments: readonly Shipment[]) {
  /** Effects in their order, as "bank.capture o-1". */
  const did: string[] = [];
  const fails: HowItFails = {};
  const tokens = new Map<string, string>();
  const done = new Map<string, unknown>();
  const says = <Input, Value>(operation: string, subject: (input: Input) => string, value: (input: Input) => Value) =>
    async ({ key, input }: Asked<Input>): Promise<never> => {
      const how = fails[operation];
      if (how === "down") throw notPerformed(`${operation} is down`);
      if (how !== undefined) return how as never; // as a provider may answer, whatever its types say
      if (!done.has(key)) {
        done.set(key, value(input));
        did.push(`${operation} ${subject(input)}`);
      }
      return Promise.resolve({ kind: "ok", value: done.get(key) } as never);
    };
  const same = <Value>(value: Value): Value => value;
  const ports: ProvidedPort[] = [
    provide(catalogue, { validate: { perform: says("catalogue.validate", ({ orderId }) => orderId, () => ({ pence: total(shipments), shipments })) } }),
    provide(stock, {
      reserve: { perform: says("stock.reserve", ({ orderId }) => orderId, ({ orderId }) => ({ reservationId: orderId })) },
      release: { perform: says("stock.release", ({ reservationId }) => reservationId, same) },
      commit: { perform: says("stock.commit", ({ reservationId }) => reservationId, same) },
      uncommit: { perform: says("stock.uncommit", ({ reservationId }) => reservationId, same) },
      restock: { perform: says("stock.restock", ({ shipmentId }) => shipmentId, ({ reservationId }) => ({ reservationId })) },
    }),
    provide(bank, {
      authorize: { perform: says("bank.authorize", ({ orderId }) => orderId, ({ orderId }) => ({ authorizationId: orderId })) },
      void: { perform: says("bank.void", ({ authorizationId }) => authorizationId, same) },
      capture: { perform: says("bank.capture", ({ authorizationId }) => authorizationId, ({ authorizationId, pence }) => ({ captureId: authorizationId, pence })) },
      refund: { perform: says("bank.refund", ({ pence }) => String(pence), same) },
    }),
    provide(parcels, {
      label: { perform: says("parcels.label", ({ shipmentId }) => shipmentId, ({ shipmentId }) => ({ shipmentId, label: `EK-${shipmentId}` })) },
      voidLabel: { perform: says("parcels.voidLabel", ({ shipmentId }) => shipmentId, same) },
      ship: { perform: says("parcels.ship", ({ shipmentId }) => shipmentId, same) },
    }),
    provide(warehouse, {
      notify: {
        perform: says("warehouse.notify", ({ shipmentId }) => shipmentId, ({ shipmentId, token }) => {
          tokens.set(`pick ${shipmentId}`, token);
          return { pickId: shipmentId };
        }),
      },
      recall: { perform: says("warehouse.recall", ({ pickId }) => pickId, same) },
    }),
    provide(reviews, {
      open: {
        perform: says("reviews.open", ({ orderId }) => orderId, ({ orderId, token }) => {
          tokens.set("review", token);
          return { caseId: orderId };
        }),
      },
      close: { perform: says("reviews.close", ({ caseId }) => caseId, same) },
    }),
  ];
  return { did, fails, ports, token: (of: string): string => tokens.get(of) ?? `no token of ${of}` };
}

function total(shipments: readonly Shipment[]): number {
  return shipments.reduce((sum, { pence }) => sum + pence, 0);
}
