// A template is kept with the page beside it, and a letter begins with it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, editor, open, person, saved } from "./office.js";

let browser;
before(async () => { browser = await open(); });
after(() => browser?.close());

const drawn = (page, other) => page.waitForFunction((before) => {
  const image = document.querySelector("[data-preview-pages] img");
  return image && image.complete && image.naturalWidth > 0 && image.src !== before;
}, other ?? "");
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
const shot = async (page, name) => { if (process.env.DYS_SHOTS) await page.screenshot({ path: `${process.env.DYS_SHOTS}/${name}.png`, fullPage: true }); };
async function bothWidths(page, name) {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await fits(page), `${name} ${width}`);
    await shot(page, `${name}-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("a clerk keeps a template and a colleague's letter begins with it", async () => {
  const page = await person(browser, "ayse");
  await page.goto(address("/yazi-sablonlari"));
  await page.getByLabel("Şablonun adı").fill("Meclis toplantısı daveti");
  await page.getByRole("button", { name: "Şablon aç" }).click();
  await page.locator("form#sablon").waitFor();
  await drawn(page);
  const empty = await page.locator("[data-preview-pages] img").first().getAttribute("src");
  await page.getByLabel("Konu", { exact: true }).fill("Meclis Toplantısı");
  await page.getByRole("textbox", { name: "Şablonun metni" }).click();
  await page.keyboard.type("Belediyemiz Meclisinin … ayı olağan toplantısı … günü saat 14.00'te yapılacaktır.");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Toplantıya katılmanızı");
  await page.getByLabel("Dosya (desimal)").fill("105.04");
  await page.getByLabel("Bitiş").selectOption({ label: "Rica ederim." });
  await drawn(page, empty);
  await bothWidths(page, "template");
  await page.getByRole("button", { name: "Şablonu kaydet" }).click();
  await page.locator(".flash").getByText("Şablon kaydedildi").waitFor();
  await page.goto(address("/yazi-sablonlari"));
  await bothWidths(page, "templates");

  const chief = await person(browser, "mehmet");
  await chief.goto(address("/evrak/yeni"));
  await chief.getByLabel("Yazı şablonu").selectOption({ label: "Meclis toplantısı daveti (Yazı İşleri Müdürlüğü)" });
  await bothWidths(chief, "new");
  await chief.getByRole("button", { name: "Taslak oluştur" }).click();
  await chief.locator("form#evrak").waitFor();
  assert.equal(await chief.getByLabel("Konu", { exact: true }).inputValue(), "Meclis Toplantısı");
  assert.match(await editor(chief).innerText(), /olağan toplantısı/);
  assert.equal(await chief.getByLabel("Dosya (desimal)").inputValue(), "105.04");

  // What is changed in the letter stays in the letter, and becomes a template of its own by name.
  await chief.getByLabel("Konu", { exact: true }).fill("Olağanüstü Meclis Toplantısı");
  await saved(chief);
  await chief.locator("#sablon summary").click();
  await chief.getByLabel("Şablonun adı").fill("Olağanüstü toplantı daveti");
  await bothWidths(chief, "letter-with-template");
  await chief.getByRole("button", { name: "Şablon olarak kaydet" }).click();
  await chief.locator(".flash").getByText("şablon olarak kaydedildi").waitFor();
  await chief.goto(address("/yazi-sablonlari"));
  assert.match(await chief.locator("main").innerText(), /Olağanüstü toplantı daveti/);
  for (const seen of [page, chief]) {
    assert.deepEqual(seen.complaints, []);
    await seen.context().close();
  }
});
