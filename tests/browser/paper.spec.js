// DYS Dışı Evrak Gönderim: from the dialog to the envelope that the post delivered; labels, lists, scanning.
// DYS_SCREENSHOTS=1 renews docs/img/kagit-*.png.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { address, approve, choosePlace, newLetter, open, person, takeUnit, write } from "./office.js";

const HAVSA = "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]";
const POST = "RR123456789TR";
let browser, page, path, envelope, barcode;
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

const picture = async (name) => {
  if (process.env.DYS_SCREENSHOTS === "1") await page.screenshot({ path: `docs/img/kagit-${name}.png`, animations: "disabled" });
};

test("DYS Dışı Evrak Gönderim: address and reason are asked for", async () => {
  path = await newLetter(page);
  await write(page, { subject: "İmar paftalarının gönderilmesi", text: "Paftalar ekte fiziki olarak gönderilmiştir." });
  await page.goto(address(`${path}/dagitim`));
  await choosePlace(page, "DYS Dışı Evrak Gönderim");
  await takeUnit(page, "havsa yazı", HAVSA);
  await page.locator("dialog[open]").getByRole("button", { name: "Tamam" }).click();
  await page.locator("main tbody").first().getByText("Posta adresi yok").waitFor();
  await page.goto(address(path));
  assert.match(await page.locator("#dagitim").innerText(), /posta adresi yok[\s\S]*gerekçesi yazılmadı/);
  await page.goto(address(`${path}/dagitim`));
  await page.getByLabel("Posta adresi", { exact: true }).fill("Cumhuriyet Meydanı No: 1\n22500 Havsa / Edirne");
  await page.getByLabel("Neden kâğıtla").fill("Paftalar A1 boyutunda.");
  await picture("adres");
  await page.getByRole("button", { name: "Adresi kaydet" }).click();
  await page.locator("main tbody").first().getByText("22500 Havsa / Edirne").first().waitFor();
});

test("Evrakı Gönder makes the envelope", async () => {
  await approve(browser, page, path);
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await page.locator("main").getByText("Postaya verilecek").first().waitFor();
  await page.getByRole("button", { name: "Kâğıtla gönder" }).click();
  await page.getByRole("heading", { name: "Kâğıtla gönderim" }).waitFor();
  envelope = new URL(page.url()).pathname;
  const text = await page.locator("main").innerText();
  assert.match(text, /HAVSA BELEDİYE BAŞKANLIĞI \(YAZI İŞLERİ MÜDÜRLÜĞÜ\)[\s\S]*22500 Havsa[\s\S]*Paftalar A1 boyutunda/);
  barcode = text.match(/DYS\d{10}/)[0];
  await picture("gonderi");
});

test("the label carries address and a barcode that a foreign reader reads", async (t) => {
  await page.goto(address(`/kagit/bas/etiket?item=${envelope.split("/").pop()}`));
  assert.match(await page.locator(".label").first().innerText(), /Cumhuriyet Meydanı/);
  await picture("etiket");
  try { execFileSync("zbarimg", ["--version"]); } catch { return t.skip("zbarimg is not installed"); }
  const folder = mkdtempSync(join(tmpdir(), "dys-"));
  await page.pdf({ path: `${folder}/label.pdf`, preferCSSPageSize: true });
  execFileSync("pdftoppm", ["-r", "300", "-png", `${folder}/label.pdf`, `${folder}/label`]);
  const read = execFileSync("sh", ["-c", `zbarimg --quiet --raw ${folder}/label*.png`]).toString().trim();
  const size = execFileSync("pdfinfo", [`${folder}/label.pdf`]).toString();
  rmSync(folder, { recursive: true });
  assert.equal(read, barcode);
  assert.match(size, /Page size: +59\d[\d.]* x 84\d[\d.]* pts \(A4\)/);
});

test("the envelope is as large as its paper", async (t) => {
  try { execFileSync("pdfinfo", ["-v"]); } catch { return t.skip("pdfinfo is not installed"); }
  const folder = mkdtempSync(join(tmpdir(), "dys-"));
  for (const [size, ...millimetres] of [["dl", 220, 110], ["c5", 229, 162]]) {
    await page.goto(address(`/kagit/bas/zarf?item=${envelope.split("/").pop()}&boy=${size}`));
    await page.pdf({ path: `${folder}/${size}.pdf`, preferCSSPageSize: true });
    const info = execFileSync("pdfinfo", [`${folder}/${size}.pdf`]).toString();
    // A browser rounds a page to whole pixels, each three quarters of a point.
    const points = info.match(/Page size: +([\d.]+) x ([\d.]+) pts/).slice(1).map(Number);
    points.forEach((found, at) => assert.ok(Math.abs(found - millimetres[at] * 72 / 25.4) < 1, `${size}: ${points}`));
    assert.match(info, /Pages: +1\b/);
  }
  await picture("zarf");
  rmSync(folder, { recursive: true });
});

test("letter and annexes are one print", async () => {
  await page.goto(address(`${envelope}/evrak`));
  assert.match(await page.locator("main").innerText(), /zarfına girecekler:[\s\S]*Yazı, imzalandığı hâliyle/);
  const answer = await page.request.get(address(`${envelope}/evrak.pdf`));
  assert.equal(answer.status(), 200);
  assert.equal((await answer.body()).subarray(0, 5).toString(), "%PDF-");
});

test("a handover list posts it, once", async () => {
  await page.goto(address("/kagit?durum=to_post"));
  await page.locator("tr", { hasText: barcode }).getByRole("checkbox").check();
  await page.getByLabel("Teslim alan").fill("PTT Keşan Merkez");
  await picture("liste-yap");
  await page.getByRole("button", { name: "Tevdi listesi yap" }).click();
  await page.getByRole("heading", { name: /Posta tevdi listesi \d{4}\/\d+/ }).waitFor();
  await page.getByLabel(/için postanın barkodu/).fill(POST);
  await picture("tevdi");
  await page.getByRole("button", { name: "Hepsi postaya verildi" }).click();
  await page.locator(".flash").getByText("1 gönderi postaya verildi olarak kaydedildi.").waitFor();
  await page.goto(address(`/kagit/liste?ara=${POST}`));
  assert.match(await page.locator("main tbody").innerText(), /Posta tevdi listesi[\s\S]*PTT Keşan Merkez/);
  await page.goto(address("/kagit?durum=to_post"));
  assert.equal(await page.locator("tr", { hasText: barcode }).count(), 0);
});

test("a custody list says who took the envelope", async () => {
  const other = await newLetter(page);
  await write(page, { subject: "Paftaların elden verilmesi", text: "Paftalar elden teslim edilecektir." });
  await page.goto(address(`${other}/dagitim`));
  await choosePlace(page, "DYS Dışı Evrak Gönderim");
  await takeUnit(page, "havsa yazı", HAVSA);
  await page.locator("dialog[open]").getByRole("button", { name: "Tamam" }).click();
  // The address stands there from the letter before; only the reason is this letter's own.
  await page.locator("main tbody").first().getByText("22500 Havsa / Edirne").first().waitFor();
  const details = page.locator("main tbody details", { hasText: "Posta adresi ve gerekçe" });
  if (!(await details.evaluate((it) => it.open))) await details.locator("summary").click();
  await page.getByLabel("Neden kâğıtla").fill("Paftalar A1 boyutunda.");
  const saved = page.waitForResponse((it) => it.request().method() === "POST" && it.url().endsWith("/dagitim"));
  await page.getByRole("button", { name: "Adresi kaydet" }).click();
  await saved;
  await approve(browser, page, other);
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await page.getByRole("button", { name: "Kâğıtla gönder" }).click();
  await page.getByRole("heading", { name: "Kâğıtla gönderim" }).waitFor();
  const carried = new URL(page.url()).pathname;
  const code = (await page.locator("main").innerText()).match(/DYS\d{10}/)[0];
  await page.goto(address("/kagit?durum=to_post"));
  await page.locator("tr", { hasText: code }).getByRole("checkbox").check();
  await page.getByLabel("Teslim alan").fill("Hasan Usta");
  await page.getByRole("button", { name: "Zimmet yap" }).click();
  await page.getByRole("heading", { name: /Zimmet \d{4}\/\d+/ }).waitFor();
  await page.locator("tr", { hasText: code }).getByRole("checkbox").check();
  await page.getByLabel("Teslim alan", { exact: true }).fill("Ayla Er");
  await page.getByRole("button", { name: "Alıcıya elden teslim edildi" }).click();
  await page.locator(".flash").getByText("1 gönderinin alıcıya elden teslimi kaydedildi.").waitFor();
  const row = await page.locator("main tbody tr", { hasText: code }).innerText();
  assert.match(row, /Ayla Er, \d\d\.\d\d\.\d{4}[\s\S]*Kaydeden:[\s\S]*Teslim edildi/);
  assert.equal(await page.getByRole("button", { name: "Teslim alındı" }).count(), 0, "nothing is left to take");
  await page.goto(address(carried));
  assert.match(await page.locator("main").innerText(), /Zimmet \d{4}\/\d+[\s\S]*Zimmetle teslim alan[\s\S]*Ayla Er/);
  assert.deepEqual(page.complaints, []);
});

test("scanning finds the letter, in the field and in the frame", async () => {
  await page.goto(address("/kagit"));
  await page.getByLabel("Barkod okut").fill(POST.toLowerCase());
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === envelope);
  await page.getByLabel("Evrak bul").fill(barcode);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === `${path}/posta`);
  assert.match(await page.locator("main").innerText(), new RegExp(`Postaya verildi, barkod ${POST}`));
});

test("delivered: the last state stands in the tracking screen", async () => {
  await page.goto(address(envelope));
  await page.getByLabel("Teslim alan ya da iade nedeni").fill("Evrak bürosu");
  await page.getByRole("button", { name: "Teslim edildi" }).click();
  await page.locator(".flash").getByText("Teslim kaydedildi.").waitFor();
  await page.goto(address(`${path}/posta`));
  const text = await page.locator("main").innerText();
  assert.match(text, /Posta Durumu: Teslim edildi\. \(.*\) \/ Postaya verildi, barkod RR123456789TR/);
  assert.match(text, /Neden: Paftalar A1 boyutunda/);
  await picture("teslim");
  assert.deepEqual(page.complaints, []);
});

test("a confidential wet-signed letter takes a number and no content", async () => {
  await page.goto(address("/kagit/islak-imza"));
  await page.getByLabel("Dosya (desimal)").fill("105.04");
  await page.getByLabel("Gizlilik derecesi").selectOption({ label: "Gizli" });
  await page.getByLabel("İmzalayan").fill("Ali Şahin, Belediye Başkanı");
  await page.getByLabel("Konu", { exact: true }).fill("Bir konu");
  await page.getByLabel("Muhatap").fill("Edirne Valiliği");
  await page.getByLabel("Neden elektronik yapılamadı").fill("Gizli derecede.");
  await page.getByRole("button", { name: "Sayı al" }).click();
  await page.getByRole("alert").getByText("konusu ve içeriği sisteme girilmez").waitFor();
  assert.equal(await page.getByLabel("Muhatap").inputValue(), "Edirne Valiliği", "what was typed stays");
  await page.getByLabel("Konu", { exact: true }).fill("");
  await page.getByRole("button", { name: "Sayı al" }).click();
  await page.locator(".flash").getByText(/Sayı verildi: Z-\d{8}-105\.04-\d+/).waitFor();
  await picture("islak-imza");
});

test("Kâğıtla Gönderilecekler: a letter that KEP could not deliver opens the envelope filled in", async () => {
  const registry = await person(browser, "zeynep");
  await registry.goto(address("/is-listesi/kagit"));
  await registry.locator("main tbody tr").filter({ hasText: /\d+ gün/ }).first().getByRole("link").first().click();
  const send = registry.locator("main").getByRole("button", { name: "Kâğıtla gönder", exact: true }).first();
  await send.waitFor();
  const said = await registry.locator("main").innerText();
  assert.match(said, /(41|31|21|11) - /);
  await send.click();
  await registry.getByRole("heading", { name: "Kâğıtla gönderim" }).waitFor();
  const text = await registry.locator("main").innerText();
  assert.match(text, /Sayı\s+E-\d{8}-[\d.]+-\d+[\s\S]*Neden kâğıtla\s+[^\n]*(KEP|kep)/);
  assert.match(text, /DYS\d{10}/);
  assert.deepEqual(registry.complaints, []);
  await registry.context().close();
});
