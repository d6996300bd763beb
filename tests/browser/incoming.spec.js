// Gelen Evrak: registered with its sender from the directory, referred by type-ahead, answered; KEP mail confirmed.
// DYS_SCREENSHOTS=1 renews docs/img/gelen-*.png.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { address, newLetter, open, person } from "./office.js";

const SUBJECT = "Ortak tatbikat planı";
let browser, clerk, path;
before(async () => { browser = await open(); clerk = await person(browser, "ayse"); });
after(() => browser?.close());

/** A picture at both widths for whoever looks, and no sideways scrolling at either. */
async function look(page, name) {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width < 640 ? 844 : 900 });
    if (process.env.DYS_LOOK) {
      mkdirSync(process.env.DYS_LOOK, { recursive: true });
      await page.screenshot({ path: `${process.env.DYS_LOOK}/${name}-${width}.png`, fullPage: true });
    }
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} scrolls ${wide} px sideways at ${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.deepEqual(page.complaints, []);
}

test("Gelen Evrak Kayıt: the sender is chosen in the directory while one types", async () => {
  await clerk.goto(address("/gelen/kayit"));
  await clerk.getByLabel("Konusu").fill(SUBJECT);
  await clerk.getByLabel("Geldiği Yer/Kişi").pressSequentially("havsa belediye");
  await clerk.locator("[data-find-take]").first().waitFor();
  await look(clerk, "kayit-arama");
  await clerk.getByRole("button", { name: "Havsa Belediye Başkanlığı", exact: true }).click();
  await clerk.getByText("Rehberden: Havsa Belediye Başkanlığı").waitFor();
  await clerk.getByLabel("Dosya (desimal)").fill("115.01");
  await look(clerk, "kayit");
  if (process.env.DYS_SCREENSHOTS === "1") {
    await clerk.screenshot({ path: "docs/img/gelen-kayit.png", animations: "disabled", fullPage: true });
  }
  await clerk.getByRole("button", { name: "Kaydet ve numara ver" }).click();
  await clerk.locator(".flash").getByText("Kayıt numarası").waitFor();
  path = new URL(clerk.url()).pathname;
  assert.match(await clerk.locator("main").innerText(), /115\.01/);
});

test("İlgi ekle finds what came in and cites it by its sender", async () => {
  await newLetter(clerk);
  await clerk.locator("#ilgi").getByRole("link", { name: /gelen evrakta ara/ }).click();
  await clerk.getByLabel("Sayı, konu ya da gönderen").fill(SUBJECT);
  await clerk.getByRole("button", { name: "Ara", exact: true }).click();
  const row = clerk.getByRole("row").filter({ hasText: SUBJECT });
  await row.waitFor();
  await look(clerk, "ilgi");
  await row.getByRole("button", { name: "İlgi tut" }).click();
  const line = clerk.locator("#ilgi .steps > li").getByRole("link");
  assert.match(await line.innerText(), /^Havsa Belediye Başkanlığının \d\d\.\d\d\.\d{4} tarihli yazısı\.$/);
  await line.click();
  await clerk.getByRole("heading", { name: SUBJECT, level: 1 }).waitFor();
  assert.equal(new URL(clerk.url()).pathname, path);
});

test("Havale Et: to people and units by name, each with its purpose", async () => {
  const manager = await person(browser, "mehmet");
  await manager.goto(address(path));
  const box = manager.getByLabel("Kime");
  await box.fill("ismail ı");
  await manager.locator("[data-find-take]").filter({ hasText: "İsmail Işık" }).waitFor();
  await box.press("Enter");
  await box.fill("mali hizm");
  await manager.locator("[data-find-take]").filter({ hasText: "Mali Hizmetler Müdürlüğü" }).waitFor();
  await box.press("ArrowDown");
  await manager.keyboard.press("Enter");
  assert.equal(await manager.locator("[data-find-rows] tr").count(), 2);
  await manager.getByLabel("Gereği / Bilgi: Mali Hizmetler Müdürlüğü").selectOption({ label: "Bilgi" });
  await manager.getByLabel("Havale notu").fill("Katılım bildirilsin.");
  await box.fill("fen");
  await manager.locator("[data-find-take]").filter({ hasText: "Fen İşleri Müdürlüğü" }).waitFor();
  await look(manager, "havale");
  if (process.env.DYS_SCREENSHOTS === "1") {
    await manager.screenshot({ path: "docs/img/gelen-havale.png", animations: "disabled", fullPage: true });
  }
  await manager.getByRole("button", { name: "Havale Et" }).click();
  await manager.locator(".flash").getByText("Evrak havale edildi.").waitFor();
  const lines = await manager.locator("#havale tbody").first().innerText();
  assert.match(lines, /İsmail Işık[\s\S]*Gereği[\s\S]*Mali Hizmetler Müdürlüğü[\s\S]*Bilgi/);
  await manager.context().close();
  // The mayor sees it; it is not his turn.
  const mayor = await person(browser, "ali");
  await mayor.goto(address(path));
  assert.equal(await mayor.getByRole("region", { name: "Sizden beklenen" }).count(), 0);
  await look(mayor, "baskan");
  await mayor.context().close();
});

test("Cevap Yaz: what is known is filled in, and a second press opens the same letter", async () => {
  const engineer = await person(browser, "ismail");
  await engineer.goto(address(path));
  await look(engineer, "sira");
  await engineer.getByRole("button", { name: "Cevap Yaz" }).click();
  await engineer.locator(".flash").getByText("alıcı (Havsa Belediye Başkanlığı, KEP ile)").waitFor();
  const letter = new URL(engineer.url()).pathname;
  assert.match(await engineer.locator("#dagitim").innerText(), /HAVSA/);
  await engineer.goto(address(path));
  await engineer.getByRole("button", { name: "Cevap Yaz" }).click();
  await engineer.locator(".flash").getByText("ikinci bir yazı hazırlanmadı").waitFor();
  assert.equal(new URL(engineer.url()).pathname, letter);
  await engineer.context().close();
});

test("Kaydı Düzelt and Kaydı onayla: what came by KEP from somebody unknown", async () => {
  const registry = await person(browser, "zeynep");
  await registry.goto(address("/gelen?words=ge%C3%A7it"));
  await registry.locator("main tbody a.row").first().click();
  await registry.getByText("KEP alındı onayı").waitFor();
  await look(registry, "kep");
  await registry.getByRole("link", { name: "Kaydı Tamamla" }).click();
  await registry.getByLabel("Adı Soyadı").fill("Okul Aile Birliği");
  await registry.getByLabel("Dosya (desimal)").fill("115");
  await look(registry, "duzelt");
  await registry.getByRole("button", { name: "Düzeltmeyi kaydet" }).click();
  await registry.locator(".flash").getByText("Kayıt düzeltildi.").waitFor();
  const said = await registry.locator(".side").innerText();
  assert.match(said, /Okul Aile Birliği/);
  assert.doesNotMatch(said, /Kaydı onayla/);
  await registry.goto(address("/"));
  await look(registry, "is-listesi");
  await registry.context().close();
});
