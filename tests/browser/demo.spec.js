// A fresh demo shows every state in which a letter can be (design 4.2 and part 5): past ones and live ones.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, demo, open, person } from "./office.js";

let browser, page;
before(async () => { browser = await open(); page = await person(browser, "zeynep"); });
after(() => browser?.close());

async function outgoing(query) {
  const headers = { authorization: `Bearer ${demo.tokens.zeynep}` };
  const answer = await fetch(address(`/api/v1/outgoing?${new URLSearchParams(query)}`), { headers });
  assert.equal(answer.status, 200);
  return (await answer.json()).outgoing;
}

test("every delivery status has letters", async () => {
  const words = {
    none: /^KEP Dağıtımı Bekliyor$/,
    sent: /^KEP Gönderimi \(.+\) Tarihinde Yapılmış$/,
    accepted: /^10 - Kephs tarafından kabul edildi\./,
    delivered: /^40 - Alıcı kullanıcının mesaj kutusuna bırakıldı\./,
    read: /^60 - Alıcı kullanıcı tarafından okundu\./,
    deemed_read: /İleti yasal süre içerisinde okunmadığından okundu kabul edildi\./,
    failed: /(11|21|31|41) - |KEP sağlayıcısı kabul etmedi: /,
  };
  for (const [status, line] of Object.entries(words)) {
    const lines = (await outgoing({ status })).filter((row) => line.test(row.delivery_status));
    assert.ok(lines.length > 0, `no letter is ${status}`);
  }
});

test("every kind of failure and every duty has letters", async () => {
  const failed = await outgoing({ status: "failed" });
  for (const code of [11, 31, 41]) assert.ok(failed.some((row) => row.delivery_status.startsWith(`${code} - `)), `no letter ends with ${code}`);
  const duties = new Set((await Promise.all(["delivered", "read", "deemed_read", "failed"].map((status) => outgoing({ status })))).flat().map((row) => row.duty));
  for (const duty of ["none", "wait", "contact", "paper"]) assert.ok(duties.has(duty), `no letter asks for ${duty}`);
});

test("one can still be stopped, one has lost its answer, one was refused in the provider's words", async () => {
  const held = [];
  for (const row of (await outgoing({ status: "none" })).filter(({ duty }) => duty === "wait")) {
    await page.goto(address(`/evrak/${row.letter_id}/posta`));
    if (await page.getByRole("button", { name: "Gönderimi durdur" }).count()) held.push(row.letter_id);
  }
  assert.equal(held.length, 1);
  for (const list of ["sonucu-bilinmeyen", "kabul-edilmeyen"]) {
    await page.goto(address(`/is-listesi/${list}`));
    assert.equal(await page.locator("main tbody tr").count(), 1, list);
  }
  await page.goto(address("/is-listesi/sonucu-bilinmeyen"));
  await page.locator("main tbody a.row").first().click();
  await page.getByRole("heading", { name: "Gönderim sonucu bilinmiyor" }).waitFor();
});

test("a Görüşme Kaydı tells when it was, and closes the duty that stands", async () => {
  await page.goto(address("/is-listesi/iletisim"));
  const waiting = await page.locator("main tbody tr").count();
  await page.locator("main tbody a.row").first().click();
  const form = page.locator("form").filter({ has: page.getByRole("heading", { name: "Görüşme Kaydı" }) }).first();
  const moment = form.getByLabel("Görüşme zamanı");
  const now = await moment.inputValue();
  assert.match(now, /^\d\d\.\d\d\.\d{4} \d\d\.\d\d$/, "now stands there already");
  await form.getByLabel("Kiminle görüşüldü").fill("Yazı İşleri, Nurten Hanım");
  await moment.fill("dün öğlen");
  await form.getByRole("button", { name: "Görüşmeyi kaydet" }).click();
  await page.getByText("gün.ay.yıl saat.dakika olarak yazın").first().waitFor();
  await page.goBack();
  assert.equal(await form.getByLabel("Kiminle görüşüldü").inputValue(), "Yazı İşleri, Nurten Hanım", "what was typed stays");
  await moment.fill(now);
  await form.getByRole("button", { name: "Görüşmeyi kaydet" }).click();
  await page.getByText("Görüşme Kaydı yazıldı; görev kapandı.").waitFor();
  await page.goto(address("/is-listesi/iletisim"));
  assert.equal(await page.locator("main tbody tr").count(), waiting - 1);
  page.complaints = page.complaints.filter((text) => !/422/.test(text));
});

test("letters stand on desks: drafts, in approval, returned, signed", async () => {
  const clerk = await person(browser, "ayse");
  for (const filter of ["taslak", "onayda", "iade"]) {
    await clerk.goto(address(`/evrak?durum=${filter}`));
    assert.ok(await clerk.locator("main tbody tr").count() > 0, filter);
  }
  await clerk.goto(address("/gonderilmeyi-bekleyenler"));
  assert.ok(await clerk.locator("main tbody tr").count() > 0);
  assert.deepEqual(clerk.complaints, []);
  await clerk.context().close();
  assert.deepEqual(page.complaints, []);
});
