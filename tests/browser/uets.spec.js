// DYS Dışı UETS Gönderim: a person with a 15-digit address, from the dialog to served, against the rehearsal provider.
// DYS_SCREENSHOTS=1 renews docs/img/uets-*.png.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { address, approve, choosePlace, demo, mainSays, newLetter, open, person, takeUnit, visitor, write } from "./office.js";

const NAME = "Nermin Aydın";
const UETS = "25846-96487-38597";
const INSTITUTION = "KEŞAN ÖRNEK VAKFI";
const INSTITUTION_UETS = "25846-96487-38598";
const DYS = join(process.env.CARGO_TARGET_DIR ?? "target", "debug", "dys");
let browser, page, path;
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

const picture = async (name) => {
  if (process.env.DYS_SCREENSHOTS === "1") await page.screenshot({ path: `docs/img/uets-${name}.png`, animations: "disabled" });
};

test("a wrong number of digits is refused, the right one is confirmed by name", async () => {
  await page.goto(address("/rehber-disi"));
  await page.getByLabel("Türü").selectOption({ label: "Kişi" });
  await page.getByLabel("Adı ya da unvanı").fill(NAME);
  await page.getByLabel("VKN, T.C. kimlik no ya da MERSİS").fill("10000000146");
  await page.getByLabel("UETS adresi (varsa)").fill("25846-96487-3859");
  await page.getByLabel("Adresin kaynağı").fill("dilekçe");
  await page.getByRole("button", { name: "Kaydet" }).click();
  await page.locator(".error-summary").getByText("UETS adresi 15 rakamdan oluşmalıdır").waitFor();
  // A refused form answers 422, which the browser notes on its console; that is no complaint.
  page.complaints.length = 0;
  await page.getByLabel("UETS adresi (varsa)").fill(UETS);
  await page.getByRole("button", { name: "Kaydet" }).click();
  const ask = page.locator("#uets-onayi");
  await ask.getByText("denetim rakamı bilinmiyor").waitFor();
  await picture("onay");
  await ask.getByRole("button", { name: new RegExp(`${UETS} adresi “${NAME}” adına`) }).click();
  await page.locator(".flash").getByText(`${NAME} kaydedildi`).waitFor();
  page.complaints.length = 0;
});

test("DYS Dışı UETS Gönderim: from the list to Evrakı Gönder", async () => {
  path = await newLetter(page);
  await write(page, { subject: "Yapı ruhsatı işlemi", text: "Başvurunuz hakkındaki karar ekte gönderilmiştir." });
  await page.goto(address(`${path}/dagitim`));
  const label = (await page.locator("#party option").allTextContents()).find((text) => text.startsWith(NAME));
  await page.getByLabel("Kişi ya da kuruluş").selectOption({ label });
  await page.getByLabel("Gönderim yolu").selectOption({ label: "DYS Dışı UETS Gönderim" });
  await page.getByRole("button", { name: "Listeye ekle" }).click();
  await page.locator("main tbody").first().getByText(UETS).waitFor();
  await picture("liste");
  await approve(browser, page, path);
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  const text = await page.locator("main").innerText();
  assert.match(text, new RegExp(`${NAME}[\\s\\S]*${UETS}[\\s\\S]*denetim rakamı bilinmiyor[\\s\\S]*iptal edilemez`));
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await page.getByRole("button", { name: "Gönderimi durdur" }).waitFor();
});

test("it arrives, is read, and counts as served when its time is over", async () => {
  const arrived = await mainSays(page, `${path}/posta`, /elektronik tebligat adresine ulaştı/);
  assert.match(arrived, /Tebliğ edilmiş sayılması bekleniyor: \d\d\.\d\d\.\d{4} günü sonu[\s\S]*m\. 7\/a/);
  await picture("bekleniyor");

  const reader = await visitor(browser);
  await reader.goto(`${demo.provider}/kutu?adres=${UETS.replaceAll("-", "")}%40uets.hs99.kep.example`);
  await reader.getByRole("link", { name: "Yapı ruhsatı işlemi" }).first().click();
  assert.match(await reader.locator("main").innerText(), new RegExp(`${UETS}[\\s\\S]*elektronik tebligat \\(prova\\)`));
  await reader.getByRole("button", { name: "Oku" }).click();
  await reader.context().close();

  const served = await mainSays(page, `${path}/posta`, /Tebliğ edilmiş sayıldı/);
  assert.match(served, /Tebligat tebliğ edilmiş sayıldı\. \(/);
  await page.getByRole("link", { name: "Delili indir" }).first().waitFor();
  await picture("teblig");
  assert.deepEqual(page.complaints, []);
});

test("DYS Dışı UETS Gönderim: an institution of the directory, by Seçilecek Yer Türü", async () => {
  // The seed knows no UETS addresses; an import beside the live server brings one.
  const folder = mkdtempSync(join(tmpdir(), "dys-"));
  const file = join(folder, "birimler.csv");
  writeFileSync(file, `detsis_no,ad,il,ilce,uets_adresi\n09990001,Keşan Örnek Vakfı,Edirne,Keşan,${INSTITUTION_UETS.replaceAll("-", "")}\n`);
  execFileSync(DYS, ["directory", "import", file], { stdio: "pipe" });
  rmSync(folder, { recursive: true });
  const letter = await newLetter(page);
  await write(page, { subject: "Kurumun UETS adresi", text: "Bilgilerinize sunulur." });
  await page.goto(address(`${letter}/dagitim`));
  await choosePlace(page, "DYS Dışı UETS Gönderim");
  await takeUnit(page, "keşan örnek", INSTITUTION);
  await page.locator("dialog[open]").getByRole("button", { name: "Tamam" }).click();
  await page.locator("main tbody").first().getByText(INSTITUTION_UETS).waitFor();
  await approve(browser, page, letter);
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await mainSays(page, `${letter}/posta`, /elektronik tebligat adresine ulaştı/);
});

test("administration says what a real connection needs", async () => {
  const admin = await person(browser, "yonetici");
  await admin.goto(address("/yonetim/kanallar"));
  assert.match(await admin.locator("main").innerText(), /PTT'nin güncel UETS entegrasyon belgesi/);
  await admin.context().close();
});
