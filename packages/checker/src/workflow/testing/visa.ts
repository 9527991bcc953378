// A workflow that hands out a callback's token, and the desk that answers it, as often as it is told to.
import { command, entity, event, service, workflow } from "@evenkeel/core";
import { z } from "zod";

const Asked = z.object({ id: z.string() });
export const Given = command("visa.given", { key: (one) => `desk ${one.id}`, data: z.object({ id: z.string(), by: z.string() }) });
const Wanted = event("visa.wanted", { key: (one) => `desk ${one.id}`, data: z.object({ id: z.string(), token: z.string() }) });

export const visa = workflow("visa", { input: Asked, emits: [Wanted] }, async ({ id }, w) => {
  const { token, answer } = w.callback("visa", z.object({ by: z.string() }), { within: { days: 1 } });
  w.emit(Wanted({ id, token }));
  const given = await answer;
  await w.sleep({ days: 1 });
  return { by: given?.by ?? null };
});

/** What it was given before it had the token is kept. */
export const visaDesk = service("desk", {
  entities: { book: entity("book", { data: z.object({ token: z.string().nullable(), by: z.array(z.string()) }) }) }, emits: [visa.callback],
})
  .on(Wanted, async ({ id, token }, { book, emit }) => {
    const { by } = (await book.get(id)) ?? { by: [] };
    book.put(id, { token, by: [] });
    for (const one of by) emit(visa.callback({ token, data: { by: one } }));
  })
  .on(Given, async ({ id, by }, { book, emit }) => {
    const before = (await book.get(id)) ?? { token: null, by: [] };
    if (before.token === null) book.put(id, { ...before, by: [...before.by, by] });
    else emit(visa.callback({ token: before.token, data: { by } }));
  });
