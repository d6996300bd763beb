// An Olur: no recipient, two signers; it ends with the last signature and no button leads nowhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addStep, address, newLetter, open, person, write } from "./office.js";

const SUBJECT = "Araç Görevlendirmesi";
let browser, page, path;
/** Changes a field and waits until that change itself is stored. */
const stored = (change) => Promise.all([page.waitForResponse((answer) => answer.url().endsWith(`${path}/kaydet`)), change()]);
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

test("an Olur without recipients is written, and told what becomes of it", async () => {
  path = await newLetter(page);
  await write(page, { subject: "araç görevlendirmesi.", text: "Araç görevlendirilmesini olurlarınıza arz ederim." });
  await stored(() => page.getByLabel("Evrak türü").selectOption({ label: "Olur" }));
  await page.goto(address(path));
  // The mark at the end is gone, capitals are proposed.
  assert.equal(await page.getByLabel("Konu", { exact: true }).inputValue(), "araç görevlendirmesi");
  await page.getByText(`öneri: ${SUBJECT}`).waitFor();
  await stored(() => page.getByLabel("Konu", { exact: true }).fill(SUBJECT));
  await page.goto(address(path));
  await page.locator("#dagitim").getByText("Alıcısı olmayan olur gönderilmez").waitFor();
});

test("two sign it; its page says that it is kept, and offers no sending", async () => {
  for (const [who, kind] of [["Fatma Kaya", "İmza"], ["Ali Şahin", "İmza"]]) await addStep(page, who, kind);
  await page.getByRole("button", { name: "Onaya Sun" }).click();
  await page.getByText("Onayda").first().waitFor();
  for (const [login, said] of [["fatma", "İmzanız alındı"], ["ali", "Evrak imzalandı"]]) {
    const colleague = await person(browser, login);
    await colleague.goto(address(path));
    await colleague.getByRole("button", { name: "İmzala", exact: true }).click();
    await colleague.locator(".flash").getByText(said).waitFor();
    assert.deepEqual(colleague.complaints, []);
    await colleague.context().close();
  }
  await page.goto(address(path));
  const main = page.locator("main");
  await main.getByText("Olur imzalandı. Alıcısı olmadığı için gönderilmez; dosyasında").waitFor();
  assert.equal(await main.getByRole("link", { name: "Evrakı Gönder" }).count(), 0);
  await page.goto(address(`${path}/gonder`));
  assert.equal(await page.locator("main").getByRole("button", { name: "Evrakı Gönder" }).count(), 0);
});

test("tracking lists it and leads to its page; the work list does not ask to send it", async () => {
  await page.goto(address("/sorgular/birim-giden-evrak"));
  const row = page.locator("main tbody tr", { hasText: SUBJECT }).first();
  assert.match(await row.innerText(), /Olur; alıcısı yok[\s\S]*Gönderilmez; dosyasında saklanır/);
  await row.getByRole("link", { name: SUBJECT }).click();
  await page.waitForURL((url) => url.pathname === path);
  await page.goto(address("/"));
  const waits = page.locator("main").getByRole("link", { name: SUBJECT });
  assert.equal(await waits.count(), 0);
  assert.deepEqual(page.complaints, []);
});
