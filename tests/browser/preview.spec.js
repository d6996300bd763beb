// The page beside the editor follows what is typed, and the letterhead's page what is chosen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, demo, editor, newLetter, open, person, visitor } from "./office.js";

let browser;
before(async () => { browser = await open(); });
after(() => browser?.close());

const picture = (page) => page.locator("[data-preview-pages] img").first();
const drawn = (page, other) => page.waitForFunction((before) => {
  const image = document.querySelector("[data-preview-pages] img");
  return image && image.complete && image.naturalWidth > 0 && image.src !== before;
}, other ?? "");
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
const shot = async (page, name) => { if (process.env.DYS_SHOTS) await page.screenshot({ path: `${process.env.DYS_SHOTS}/${name}.png`, fullPage: true }); };

test("the letter's page is drawn anew while one types, and nothing is kept by a cache", async () => {
  const page = await person(browser, "ayse");
  await newLetter(page);
  await drawn(page);
  const empty = await picture(page).getAttribute("src");
  const answer = page.waitForResponse((response) => response.url().endsWith("/onizleme") && response.request().method() === "POST");
  await page.getByLabel("Konu", { exact: true }).fill("Yol bakımı");
  await editor(page).click();
  await page.keyboard.type("Işıklar Mahallesi yollarının bakımı hakkında bilgi verilmiştir.");
  assert.match((await answer).headers()["cache-control"], /no-store/);
  await drawn(page, empty);
  assert.match(await page.locator("[data-preview-state]").innerText(), /1 sayfa/);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await fits(page), `${width}`);
    await shot(page, `letter-${width}`);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("an administrator sees the letterhead before it is kept", async () => {
  const administrator = demo.users.find((user) => user.login === "yonetici");
  assert.ok(administrator, "the demo has an administrator");
  const page = await person(browser, administrator.login);
  await page.goto(address("/yonetim/antet"));
  await shot(page, "letterheads-1280");
  await page.locator("main table a").first().click();
  await drawn(page);
  const before = await picture(page).getAttribute("src");
  await page.getByLabel("Başlık").fill("T.C.\nEDİRNE VALİLİĞİ\n{KURUM}");
  await drawn(page, before);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await fits(page), `${width}`);
    await shot(page, `letterhead-${width}`);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("anybody may ask about a code, and an unknown one gets one sentence", async () => {
  const page = await visitor(browser);
  await page.goto(address("/dogrula"));
  await page.getByLabel("Belge doğrulama kodu").fill("2222-2222-2222-2222");
  await page.getByRole("button", { name: "Doğrula" }).click();
  await page.getByText("Bu kodla doğrulanabilen bir belge bulunamadı.").waitFor();
  await shot(page, "unknown-1280");
  await page.context().close();
});
