// What goes wrong while one writes a letter: no text is lost, nobody overwrites another, every refusal is told.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addStep, address, editor, logIn, newLetter, open, person, saved, takeUnit, write } from "./office.js";

let browser;
before(async () => { browser = await open(); });
after(() => browser?.close());

const done = async (page, { allowed = /^$/ } = {}) => {
  assert.deepEqual(page.complaints.filter((text) => !allowed.test(text)), []);
  await page.context().close();
};

test("what is typed while the server cannot be reached comes back after a reload", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  const saving = `**${path}/kaydet`;
  await page.route(saving, (route) => route.abort());
  await page.getByLabel("Konu", { exact: true }).fill("Yol bakımı hakkında");
  await editor(page).click();
  await page.keyboard.type("Bu tümce kaybolmamalıdır.");
  await page.locator("[data-save-state][data-state=failed]").waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Konu", { exact: true }).inputValue(), "Yol bakımı hakkında");
  assert.match(await editor(page).innerText(), /kaybolmamalıdır/);
  await page.unroute(saving);
  await page.getByRole("button", { name: "Kaydet", exact: true }).click();
  await saved(page);
  await page.reload();
  assert.match(await editor(page).innerText(), /kaybolmamalıdır/);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await done(page, { allowed: /ERR_FAILED/ });
});

test("the second of two writers sees both texts and overwrites nothing", async () => {
  const first = await person(browser, "ayse");
  const path = await newLetter(first);
  const second = await first.context().newPage();
  await second.goto(address(path));
  await first.getByLabel("Konu", { exact: true }).fill("Birinci konu");
  await saved(first);
  await second.getByLabel("Konu", { exact: true }).fill("İkinci konu");
  const both = second.locator("[data-two-texts]");
  await both.waitFor();
  const [theirs, own] = await both.locator("pre").allInnerTexts();
  assert.match(theirs, /Birinci konu/);
  assert.match(own, /İkinci konu/);
  await second.goto(address(path));
  assert.equal(await second.getByLabel("Konu", { exact: true }).inputValue(), "Birinci konu");
  assert.match(await second.locator("main").innerText(), /İkinci konu|eski sürüm/);
  await done(first, { allowed: /409/ });
});

test("a pending text is saved before another form of the page changes the letter", async () => {
  const page = await person(browser, "ayse");
  await newLetter(page);
  await page.getByLabel("Konu", { exact: true }).fill("Ek ile yarışan konu");
  await page.getByLabel("İlgi ekle").fill("Belediyenizin dilekçesi");
  await page.locator("#ilgi").getByRole("button", { name: "Ekle" }).click();
  await page.locator("#ilgi .steps > li").waitFor();
  assert.equal(await page.getByLabel("Konu", { exact: true }).inputValue(), "Ek ile yarışan konu");
  await page.getByLabel("Konu", { exact: true }).fill("Yükleme ile yarışan konu");
  await page.getByLabel("Dosya ekle").setInputFiles({ name: "not.txt", mimeType: "text/plain", buffer: Buffer.from("Ölçüm sonuçları") });
  await page.locator("#ekler .steps > li").waitFor();
  assert.equal(await page.getByLabel("Konu", { exact: true }).inputValue(), "Yükleme ile yarışan konu");
  assert.equal(await page.locator("[data-two-texts]").count(), 0);
  await done(page);
});

test("a refused field is told in the server's words and not retried", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  let attempts = 0;
  page.on("request", (request) => { if (request.url().endsWith(`${path}/kaydet`)) attempts += 1; });
  await page.getByLabel("Miat").fill("olmayan gün");
  await page.locator("[data-save-state][data-state=failed]").waitFor();
  assert.doesNotMatch(await page.locator("[data-save-state]").innerText(), /yeniden denenecek/);
  assert.equal(attempts, 1);
  await page.getByLabel("Miat").fill("");
  await saved(page);
  await done(page, { allowed: /4\d\d/ });
});

test("wrong types and large files are refused in words", async () => {
  const page = await person(browser, "ayse");
  await newLetter(page);
  const list = page.locator("#ekler .uploads");
  await page.getByLabel("Dosya ekle").setInputFiles({ name: "rapor.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ\u0090\u0000 bu bir PDF değil") });
  const errors = list.locator("p.error");
  await errors.first().waitFor();
  assert.match(await errors.first().innerText(), /^rapor\.pdf: .{20,}/s);
  const folder = mkdtempSync(join(tmpdir(), "dys-"));
  const large = join(folder, "buyuk.txt");
  writeFileSync(large, Buffer.alloc(30 * 1024 * 1024, "a"));
  await page.getByLabel("Dosya ekle").setInputFiles(large);
  // An accepted file reloads the page, which empties the list: then the second refusal never comes.
  await errors.nth(1).waitFor({ timeout: 60_000 });
  assert.match(await errors.nth(1).innerText(), /^buyuk\.txt: .*(sınır|boyuttan büyük)/s);
  await page.reload();
  assert.equal(await page.locator("#ekler .steps > li").count(), 0, "neither was taken");
  rmSync(folder, { recursive: true });
  await done(page, { allowed: /4\d\d/ });
});

test("a file dropped on Ek Listesi is attached, and one sees how far it is", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route(`**${path}/ekler`, async (route) => { await held; await route.continue(); });
  const data = await page.evaluateHandle(() => {
    const dropped = new DataTransfer();
    dropped.items.add(new File(["Ölçüm sonuçları"], "ölçüm.txt", { type: "text/plain" }));
    return dropped;
  });
  const form = page.locator("#ekler form[data-upload]");
  await form.dispatchEvent("dragover", { dataTransfer: data });
  assert.match(await form.getAttribute("class"), /\bover\b/);
  await form.dispatchEvent("drop", { dataTransfer: data });
  const progress = page.locator("#ekler progress");
  await progress.waitFor();
  assert.equal(await progress.getAttribute("aria-label"), "ölçüm.txt yükleniyor");
  assert.doesNotMatch((await form.getAttribute("class")) ?? "", /\bover\b/);
  release();
  await page.locator("#ekler .steps > li").filter({ hasText: "ölçüm.txt" }).waitFor();
  assert.equal(await page.locator("#ekler .steps > li").count(), 1);
  await done(page);
});

test("italics and a table made in the editor are there after a reload", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  const stored = page.waitForResponse((response) => response.url().endsWith(`${path}/kaydet`) && response.ok() && Boolean(response.request().postData()?.includes("Parsel")));
  await editor(page).click();
  await page.keyboard.type("düz ");
  await page.keyboard.press("Control+i");
  await page.keyboard.type("eğik");
  await page.keyboard.press("Control+i");
  await page.keyboard.press("Enter");
  await page.getByRole("toolbar", { name: "Metin araçları" }).getByRole("button", { name: "Tablo ekle" }).click();
  const cells = editor(page).locator("td");
  await cells.first().click();
  await page.keyboard.type("Ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Parsel");
  await stored;
  await page.reload();
  assert.equal(await editor(page).locator("em").innerText(), "eğik");
  assert.equal(await editor(page).locator("tr").count(), 2);
  const texts = (await cells.allInnerTexts()).map((text) => text.trim());
  assert.deepEqual(texts, ["Ada", "Parsel", "", "", "", ""]);
  await done(page);
});

test("the manual's Alt letters clear the choice, take a line away and close the dialog", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  await page.goto(address(`${path}/dagitim`));
  const rows = page.locator("dialog [data-picker-rows] tr");
  await page.keyboard.press("Alt+s");
  await page.locator("dialog[open]").waitFor();
  await takeUnit(page, "havsa belediye", "YAZI İŞLERİ MÜDÜRLÜĞÜ");
  assert.equal(await rows.count(), 1);
  await page.keyboard.press("Alt+z");
  await rows.first().waitFor({ state: "detached" });
  await takeUnit(page, "havsa belediye", "YAZI İŞLERİ MÜDÜRLÜĞÜ");
  await page.keyboard.press("Alt+t");
  await page.locator("main tbody tr").filter({ hasText: "havsabelediyesi@hs01.kep.tr" }).waitFor();
  await page.locator("main tbody input[name=recipient]").first().check();
  await page.keyboard.press("Alt+b");
  await page.getByRole("heading", { name: "Henüz birim seçilmedi" }).waitFor();
  await page.keyboard.press("Alt+s");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Alt+k");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await done(page);
});

test("the editor answers its keys and takes a paste from Word as a list", async () => {
  const page = await person(browser, "ayse");
  await newLetter(page);
  await editor(page).click();
  await page.keyboard.type("düz ");
  await page.keyboard.press("Control+b");
  await page.keyboard.type("kalın");
  await page.keyboard.press("Control+b");
  assert.equal(await editor(page).locator("strong").innerText(), "kalın");
  await page.keyboard.press("Enter");
  await editor(page).evaluate((place) => {
    const data = new DataTransfer();
    const item = (text) => `<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><!--[if !supportLists]--><span style='font-family:Symbol'>·<span>&nbsp;&nbsp;</span></span><!--[endif]-->${text}<o:p></o:p></p>`;
    data.setData("text/html", `<html><style>p{color:red}</style><body><p class=MsoNormal style='margin:0'><b style='mso-bidi-font-weight:normal'>Başlık</b></p>${item("birinci")}${item("ikinci")}</body></html>`);
    place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await editor(page).locator("ul > li").nth(1).waitFor();
  assert.deepEqual((await editor(page).locator("ul > li").allInnerTexts()).map((text) => text.trim()), ["birinci", "ikinci"]);
  await saved(page);
  await page.reload();
  assert.equal(await editor(page).locator("ul > li").count(), 2);
  await done(page);
});

test("Birim Seçme Ekranı is worked with the keyboard alone", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  await page.goto(address(`${path}/dagitim`));
  await page.keyboard.press("Alt+s");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.type("havsa belediye");
  await page.keyboard.press("Alt+s");
  const item = page.locator("dialog [role=treeitem]:not([data-context])").first();
  await item.waitFor();
  const place = page.locator("dialog [role=treeitem][tabindex='0']").first();
  await place.focus();
  await page.keyboard.type("yaz");
  await page.keyboard.press("Enter");
  const rows = page.locator("dialog [data-picker-rows] tr");
  await rows.first().waitFor();
  assert.match(await rows.first().innerText(), /YAZI İŞLERİ MÜDÜRLÜĞÜ/);
  await rows.first().focus();
  await page.keyboard.press("Space");
  assert.equal(await rows.first().getAttribute("aria-selected"), "true");
  await page.keyboard.press("Alt+a");
  assert.equal(await rows.count(), 0);
  await place.focus();
  await page.keyboard.type("yaz");
  await page.keyboard.press("Space");
  await page.keyboard.press("Alt+e");
  await rows.first().waitFor();
  await page.keyboard.press("Alt+t");
  await page.getByText("havsabelediyesi@hs01.kep.tr").first().waitFor();
  await done(page);
});

test("Escape closes the dialog and the focus returns", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  await page.goto(address(`${path}/dagitim`));
  const opener = page.getByRole("button", { name: "Seçiniz" });
  const dialog = page.locator("dialog[open]");
  for (const key of ["Enter", "Alt+s"]) {
    await opener.focus();
    await page.keyboard.press(key);
    await dialog.waitFor();
    assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)), key);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.ok(await opener.evaluate((element) => element === document.activeElement), key);
  }
  await done(page);
});

test("a letter comes back with a reason and is submitted again", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  await write(page, { subject: "İade edilecek yazı", text: "Bir tümcelik metin." });
  await chooseHavsa(page, path);
  await addStep(page, "Mehmet Demir", "İmza");
  await page.getByRole("button", { name: "Onaya Sun" }).click();
  const chief = await person(browser, "mehmet");
  await chief.goto(address("/onay"));
  await chief.getByRole("link", { name: "İade edilecek yazı" }).first().click();
  await chief.getByText("İade Et", { exact: true }).click();
  await chief.getByLabel("İade gerekçesi").fill("Tarih eksik.");
  await chief.getByRole("button", { name: "Gerekçeyle iade et" }).click();
  await chief.waitForLoadState();
  await page.goto(address(path));
  assert.match(await page.locator("main").innerText(), /Mehmet Demir iade etti[\s\S]*Tarih eksik\./);
  await page.getByRole("button", { name: "Yeniden Onaya Sun" }).waitFor();
  await done(chief);
  await done(page);
});

test("a letter in approval is found again, taken back and thrown away", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  await write(page, { subject: "Geri çekilecek yazı", text: "Bir tümcelik metin." });
  await chooseHavsa(page, path);
  await addStep(page, "Mehmet Demir", "İmza");
  await page.getByRole("button", { name: "Onaya Sun" }).click();
  await page.getByText("Evrak onaya sunuldu.").waitFor();
  await page.getByText("Evrak İşlemleri", { exact: true }).click();
  await page.getByRole("link", { name: "Hazırlanan Evrak" }).click();
  const row = page.locator("main tbody tr").filter({ hasText: "Geri çekilecek yazı" }).first();
  assert.match(await row.innerText(), /Onayda[\s\S]*Mehmet Demir \(İmza\)/);
  await page.getByRole("link", { name: "Onayda", exact: true }).click();
  await page.waitForURL((url) => url.searchParams.get("durum") === "onayda");
  await row.getByRole("link").click();
  await page.getByRole("button", { name: "Geri Çek", exact: true }).click();
  await page.getByText("Evrak geri çekildi").waitFor();
  const colleague = await person(browser, "mehmet");
  await colleague.goto(address("/evrak?durum=birim"));
  assert.match(await colleague.locator("main tbody tr").filter({ hasText: "Geri çekilecek yazı" }).first().innerText(), /Ayşe Yılmaz[\s\S]*Taslak/);
  await done(colleague);
  await page.getByRole("heading", { name: "Taslağı sil" }).click();
  await page.getByText("Geri getirilemez.").waitFor();
  await page.getByRole("button", { name: "Taslağı sil", exact: true }).click();
  await page.getByText("Taslak silindi.").waitFor();
  assert.equal(await page.locator(`main a[href="${path}"]`).count(), 0);
  assert.equal((await page.goto(address(path))).status(), 404);
  await done(page, { allowed: /404/ });
});

test("an expired session loses nothing and is told in words", async () => {
  const page = await person(browser, "ayse");
  const path = await newLetter(page);
  await page.context().clearCookies();
  await page.getByLabel("Konu", { exact: true }).fill("Oturum kapandıktan sonra yazılan");
  await page.locator("[data-save-state][data-state=failed]").waitFor();
  assert.match(await page.locator("[data-save-state]").innerText(), /Oturumunuz kapandı/);
  await logIn(page, "ayse");
  await page.goto(address(path));
  assert.equal(await page.getByLabel("Konu", { exact: true }).inputValue(), "Oturum kapandıktan sonra yazılan");
  await done(page, { allowed: /4\d\d/ });
});

test("without JavaScript one logs in, writes, chooses units by the plain form, initials and tracks", async () => {
  const plain = { javaScriptEnabled: false };
  const page = await person(browser, "ayse", plain);
  const path = await newLetter(page);
  await page.getByLabel("Konu", { exact: true }).fill("Betiksiz yazı");
  await page.locator("textarea[name=text]").fill("Birinci paragraf.\n\nİkinci paragraf.");
  await page.getByLabel("Dosya (desimal)").fill("105.04");
  await page.getByRole("button", { name: "Kaydet", exact: true }).click();
  await page.goto(address(`${path}/birim-sec`));
  await page.getByLabel("Adı").fill("havsa belediye yazı");
  await page.getByRole("button", { name: "Sorgula" }).click();
  await page.getByRole("checkbox", { name: /YAZI İŞLERİ/ }).first().check();
  await page.getByRole("button", { name: "Tamam" }).click();
  await page.goto(address(path));
  assert.match(await page.locator("#dagitim").innerText(), /havsabelediyesi@hs01\.kep\.tr/);
  await addStep(page, "Mehmet Demir", "Paraf");
  await addStep(page, "Ali Şahin", "İmza");
  await page.getByRole("button", { name: "Onaya Sun" }).click();
  const chief = await person(browser, "mehmet", plain);
  await chief.goto(address("/onay"));
  await chief.getByRole("link", { name: "Betiksiz yazı" }).first().click();
  await chief.getByRole("button", { name: "Parafla" }).click();
  await chief.goto(address(path));
  assert.equal(await chief.getByRole("button", { name: "Parafla" }).count(), 0);
  await page.goto(address("/sorgular/birim-giden-evrak"));
  assert.match(await page.locator("main").innerText(), /Posta Durumu/);
  await done(chief);
  await done(page);
});

async function chooseHavsa(page, path) {
  await page.goto(address(`${path}/birim-sec?adi=havsa+belediye+yaz%C4%B1`));
  await page.getByRole("checkbox", { name: /YAZI İŞLERİ/ }).first().check();
  await page.getByRole("button", { name: "Tamam" }).click();
  await page.goto(address(path));
}
