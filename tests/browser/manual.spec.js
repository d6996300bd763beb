// The manual, figure by figure (Şekil 1 to 11), on the running application with the manual's labels and Alt letters.
// DYS_SCREENSHOTS=1 renews docs/img/sekil-NN.png; else the pictures are only looked at by the eyes of the test.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { addStep, address, demo, newLetter, open, person, visitor, write } from "./office.js";

const FOLDER = "docs/img";
const HAVSA = "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]";
const SUBJECT = "Havsa yolu bakım çalışması";
/** A held letter waits a minute in the demo, then goes out; its evidence is fetched by and by. */
const DELIVERY_MS = 180_000;

let browser, page, path, number;
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

/** Of the window, or of the part that the manual's figure shows. */
async function figure(at, part = page) {
  if (process.env.DYS_SCREENSHOTS !== "1") return;
  mkdirSync(FOLDER, { recursive: true });
  await part.screenshot({ path: `${FOLDER}/sekil-${String(at).padStart(2, "0")}.png`, animations: "disabled" });
}

const dialog = () => page.locator("dialog[open]");
const line = (text) => dialog().locator("[role=treeitem]").filter({ hasText: text }).locator(".line", { hasText: text }).last();
const query = async () => {
  await page.getByLabel("Resmî Evrak Sayısı").fill(number);
  await page.getByRole("button", { name: "Sorgula" }).click();
  await page.locator("main").getByRole("link", { name: SUBJECT }).first().waitFor();
  return page.locator("main tbody tr").first().innerText();
};
/** Asks the screen again until the row says so. */
async function rowSays(words) {
  const end = performance.now() + DELIVERY_MS;
  for (;;) {
    const row = await query();
    if (words.test(row)) return row;
    assert.ok(performance.now() < end, `Posta Durumu stays: ${row}`);
    await page.waitForTimeout(1000);
  }
}

test("Şekil 1: Dağıtım Listesi Hazırla on the letter", async () => {
  path = await newLetter(page);
  await write(page, { subject: SUBJECT, text: "Belediyemiz ile ilçeniz arasındaki yolun bakımına 1 Mart günü başlanacaktır. Bilgilerinizi ve gereğini arz ederim." });
  const row = page.locator("#dagitim");
  await figure(1, row);
  await row.getByRole("link", { name: "Dağıtım Listesi Hazırla" }).click();
  await page.getByRole("heading", { name: "Dağıtım Listesi", exact: true }).waitFor();
});

test("Şekil 2: Seçilecek Yer Türü offers the five kinds", async () => {
  const kinds = await page.getByLabel("Seçilecek Yer Türü").locator("option").allInnerTexts();
  for (const kind of ["DYS İçi Evrak Gönderim", "DYS İçi Evrak Gönderim Dağıtım Planı", "DYS Dışı Evrak Gönderim", "DYS Dışı UETS Gönderim", "DYS Dışı KEP Gönderim"]) assert.ok(kinds.some((label) => label.startsWith(kind)), `${kind} in ${kinds}`);
  // An open drop-down is drawn outside the page; as a list of its length it stands on the picture.
  const select = page.getByLabel("Seçilecek Yer Türü");
  await select.evaluate((element) => { element.size = element.options.length; });
  await figure(2);
  await select.evaluate((element) => { element.size = 0; });
});

test("Şekil 3: DYS Dışı KEP Gönderim is chosen, then Seçiniz (Alt+S)", async () => {
  await page.getByLabel("Seçilecek Yer Türü").selectOption({ label: "DYS Dışı KEP Gönderim" });
  assert.match(await page.locator("main").innerText(), /Seçilen dağıtım sayısı/);
  await figure(3);
  await page.keyboard.press("Alt+s");
  await dialog().waitFor();
});

test("Şekil 4: Birim Seçme Ekranı, Adı is typed and Sorgula pressed", async () => {
  assert.match(await dialog().innerText(), /Birim Seçme Ekranı[\s\S]*\[DYS İçi Birim Arama\]/);
  await figure(4);
  await dialog().getByLabel("Adı").fill("havsa belediye");
  await dialog().getByRole("button", { name: "Sorgula" }).click();
  await line(HAVSA).waitFor();
});

test("Şekil 5: the institution and its units stand in a tree", async () => {
  assert.match(await dialog().getByRole("tree").innerText(), /\(EDİRNE \/ HAVSA\) - \[HAVSA BELEDİYE BAŞKANLIĞI\]/);
  await figure(5);
});

test("Şekil 6: one click makes the line red, Ekle adds it; a double click does too", async () => {
  await line(HAVSA).click();
  const chosen = dialog().locator("[role=treeitem][aria-selected=true]");
  assert.equal(await chosen.count(), 1);
  const [red, green, blue] = (await chosen.locator(".line").first().evaluate((place) => getComputedStyle(place).color)).match(/\d+/g).map(Number);
  assert.ok(red > 120 && red > 3 * green && red > 3 * blue, `rgb ${red} ${green} ${blue}`);
  await page.keyboard.press("Alt+e");
  const rows = dialog().locator("[data-picker-rows] tr");
  assert.equal(await rows.count(), 1);
  await rows.first().click();
  await page.keyboard.press("Alt+a");
  assert.equal(await rows.count(), 0);
  await line(HAVSA).dblclick();
  assert.equal(await rows.count(), 1);
  await figure(6);
  await dialog().getByRole("button", { name: "Tamam" }).click();
});

test("Şekil 7: Dağıtım Listesi shows the chosen unit", async () => {
  await page.getByText(HAVSA).first().waitFor();
  assert.match(await page.locator("main").innerText(), /Seçilen dağıtım sayısı: ?1/);
  await figure(7);
  await page.keyboard.press("Alt+t");
  await page.waitForURL((url) => url.pathname === path);
});

test("Şekil 8: the letter's row carries address and kind", async () => {
  const row = page.locator("#dagitim tbody tr");
  assert.match(await row.innerText(), /havsabelediyesi@hs01\.kep\.tr[\s\S]*KEP \(Kayıtlı Elektronik Posta\)/);
  await figure(8, page.locator("#dagitim"));
});

// The next letter that waits comes up after each act, so the flash message tells that this one was done.
const SAID = { Parafla: "Evrak paraflandı", İmzala: "Evrak imzalandı" };

test("Onaya Sun, Parafla, İmzala, Evrakı Gönder", async () => {
  await addStep(page, "Mehmet Demir", "Paraf");
  await addStep(page, "Ali Şahin", "İmza");
  await page.getByRole("button", { name: "Onaya Sun" }).click();
  await page.locator(".flash").getByText("Evrak onaya sunuldu").waitFor();
  for (const [login, verb] of [["mehmet", "Parafla"], ["ali", "İmzala"]]) {
    const colleague = await person(browser, login);
    await colleague.goto(address("/onay"));
    await colleague.locator(`main a[href="${path}"]`).click();
    await colleague.getByRole("button", { name: verb }).click();
    await colleague.locator(".flash").getByText(SAID[verb]).waitFor();
    await colleague.goto(address(path));
    assert.equal(await colleague.getByRole("button", { name: verb }).count(), 0);
    assert.deepEqual(colleague.complaints, []);
    await colleague.context().close();
  }
  await page.goto(address(path));
  number = (await page.locator("main strong.number").first().innerText()).trim();
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  const text = await page.locator("main").innerText();
  assert.match(text, /havsabelediyesi@hs01\.kep\.tr/);
  assert.match(text, /iptal edilemez ve farklı bir adrese yönlendirilemez/);
  await holdEvidence();
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await page.getByRole("button", { name: "Gönderimi durdur" }).waitFor();
});

/** The provider shows the evidence of the next letter late, so that what stands before it is seen. */
async function holdEvidence() {
  const rule = { kind: "evidence-late", seconds: 25, count: 2 };
  const answer = await fetch(new URL("/prova/api/misbehaviours", demo.provider), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(rule) });
  assert.ok(answer.ok, await answer.text());
}

test("Şekil 9: Sorgular › Birim Giden Evrak Takibi", async () => {
  await page.getByText("Sorgular", { exact: true }).click();
  await page.getByRole("link", { name: "Birim Giden Evrak Takibi" }).waitFor();
  await figure(9);
  await page.getByRole("link", { name: "Birim Giden Evrak Takibi" }).click();
});

test("Şekil 10: by Resmî Evrak Sayısı: KEP Dağıtımı Bekliyor, then KEP Gönderimi (…) Tarihinde Yapılmış", { timeout: 2 * DELIVERY_MS }, async () => {
  assert.match(await page.locator("main").innerText(), /Birim Giden Evrak Takip Ekranı/);
  assert.match(await query(), /KEP Dağıtımı Bekliyor/);
  await figure(10);
  await rowSays(/KEP Gönderimi \(\d\d\/\d\d\/\d{4} \d\d:\d\d\) Tarihinde Yapılmış/);
});

test("Şekil 11: 40 in the mailbox; read at the provider: 60 / 40", { timeout: 3 * DELIVERY_MS }, async () => {
  await rowSays(/40 - Alıcı kullanıcının mesaj kutusuna bırakıldı\. \(\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d\)/);
  await readAtProvider();
  await rowSays(/60 - Alıcı kullanıcı tarafından okundu\. \([^)]+\) \/ 40 - Alıcı kullanıcının mesaj kutusuna bırakıldı\. \([^)]+\)/);
  await figure(11);
  await page.locator("main").getByRole("link", { name: SUBJECT }).first().click();
  assert.match(await page.locator(".timeline").first().innerText(), /60 - [\s\S]*40 - /);
  const [proof] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Delili indir" }).first().click()]);
  assert.ok(await proof.path());
  assert.deepEqual(page.complaints, []);
});

async function readAtProvider() {
  const reader = await visitor(browser);
  await reader.goto(demo.provider);
  await reader.getByLabel("Adreste ara").fill("havsabelediyesi");
  await reader.getByRole("button", { name: "Ara" }).click();
  await reader.getByRole("link", { name: "havsabelediyesi@hs01.kep.tr" }).click();
  await reader.getByRole("link", { name: SUBJECT }).first().click();
  await reader.getByRole("button", { name: "Oku" }).click();
  await reader.locator("article.letter").waitFor();
  await reader.context().close();
}
