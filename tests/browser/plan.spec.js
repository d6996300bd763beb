// DYS İçi Evrak Gönderim Dağıtım Planı: a list is kept as a plan, the plan fills another letter, and it is sent.
// DYS_SCREENSHOTS=1 renews docs/img/plan-*.png.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { address, approve, choosePlace, mainSays, newLetter, open, person, takeUnit, write } from "./office.js";

const PLAN = "Komşu belediyeler";
const HAVSA = "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]";
const ENEZ = "(EDİRNE / ENEZ) - [ENEZ BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]";
const DYS = join(process.env.CARGO_TARGET_DIR ?? "target", "debug", "dys");
let browser, page, path;
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

const picture = async (name) => {
  if (process.env.DYS_SCREENSHOTS === "1") await page.screenshot({ path: `docs/img/plan-${name}.png`, animations: "disabled" });
};

test("a letter's list is kept: Bu listeyi plan olarak kaydet", async () => {
  path = await newLetter(page);
  await page.goto(address(`${path}/dagitim`));
  for (const [words, text] of [["havsa yazı", HAVSA], ["enez yazı", ENEZ]]) {
    await choosePlace(page, "DYS Dışı KEP Gönderim");
    await takeUnit(page, words, text);
    await page.locator("dialog[open]").getByRole("button", { name: "Tamam" }).click();
    await page.locator("main tbody tr").filter({ hasText: text }).waitFor();
  }
  await page.locator("summary", { hasText: "Bu listeyi plan olarak kaydet" }).click();
  await page.getByLabel("Planın adı").fill(PLAN);
  await picture("kaydet");
  await page.getByRole("button", { name: "Bu listeyi plan olarak kaydet" }).click();
  await page.locator(".flash").getByText(`Liste “${PLAN}” planı oldu.`).waitFor();
});

test("the plan is kept in administration of one's unit", async () => {
  await page.goto(address("/dagitim-planlari"));
  await page.getByRole("link", { name: PLAN }).click();
  assert.match(await page.locator("main").innerText(), /2 alıcı/);
});

test("DYS İçi Evrak Gönderim Dağıtım Planı: from the dialog to the letter on its way", async () => {
  path = await newLetter(page);
  await write(page, { subject: "Ortak taşımacılık toplantısı", text: "Toplantıya katılımınızı rica ederim." });
  await page.goto(address(`${path}/dagitim`));
  await choosePlace(page, "DYS İçi Evrak Gönderim Dağıtım Planı");
  const dialog = page.locator("dialog[open]");
  const label = (await dialog.locator("#plan option").allTextContents()).find((text) => text.startsWith(PLAN));
  await dialog.getByLabel("Dağıtım planı").selectOption({ label });
  await picture("sec");
  await dialog.getByRole("button", { name: "Tamam" }).click();
  await page.locator(".flash").getByText(`“${PLAN}” planından 2 alıcı eklendi.`).waitFor();
  const rows = await page.locator("main tbody").first().innerText();
  assert.match(rows, /HAVSA[\s\S]*havsabelediyesi@hs01\.kep\.tr[\s\S]*ENEZ/);
  await approve(browser, page, path);
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  const text = await page.locator("main").innerText();
  assert.match(text, /HAVSA[\s\S]*ENEZ[\s\S]*iptal edilemez/);
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await page.getByRole("button", { name: "Gönderimi durdur" }).waitFor();
  const said = await mainSays(page, `${path}/posta`, /mesaj kutusuna bırakıldı[\s\S]*mesaj kutusuna bırakıldı/);
  assert.match(said, /2 alıcı/);
  assert.deepEqual(page.complaints, []);
});

test("without scripts the plan is chosen on a page of its own", async () => {
  const plain = await person(browser, "ayse", { javaScriptEnabled: false });
  const letter = await newLetter(plain);
  await plain.goto(address(`${letter}/dagitim`));
  await plain.getByLabel("Seçilecek Yer Türü").selectOption({ label: "DYS İçi Evrak Gönderim Dağıtım Planı" });
  await plain.getByRole("button", { name: "Seçiniz" }).click();
  await plain.getByRole("button", { name: "Tamam" }).click();
  await plain.locator("main tbody tr").nth(1).waitFor();
  await plain.context().close();
});

/** Brings one institution into the directory beside the live server, as an administrator does. */
function bring(name, active = "evet") {
  const folder = mkdtempSync(join(tmpdir(), "dys-"));
  const file = join(folder, "birimler.csv");
  writeFileSync(file, `detsis_no,ad,il,ilce,kep_adresi,etkin\n09990011,${name},Edirne,Keşan,ornekdernegi.kesan@hs99.kep.example,${active}\n`);
  execFileSync(DYS, ["directory", "import", file], { stdio: "pipe" });
  rmSync(folder, { recursive: true });
}

test("what changed in the directory since is shown, and one key repairs the plan", async () => {
  const old = "Keşan Örnek Derneği", renamed = "Keşan Dayanışma Derneği", kept = `Dernekler ${Date.now() % 100_000}`;
  bring(old);
  const letter = await newLetter(page);
  await page.goto(address(`${letter}/dagitim`));
  await choosePlace(page, "DYS Dışı KEP Gönderim");
  await takeUnit(page, "keşan örnek derneği", "KEŞAN ÖRNEK DERNEĞİ");
  await page.locator("dialog[open]").getByRole("button", { name: "Tamam" }).click();
  await page.locator("summary", { hasText: "Bu listeyi plan olarak kaydet" }).click();
  await page.getByLabel("Planın adı").fill(kept);
  await page.getByRole("button", { name: "Bu listeyi plan olarak kaydet" }).click();
  await page.locator(".flash").getByText("planı oldu").waitFor();
  bring(renamed);
  await page.goto(address("/dagitim-planlari"));
  await page.getByRole("link", { name: kept }).click();
  const changed = page.locator("#degisenler");
  assert.match(await changed.innerText(), /KEŞAN DAYANIŞMA DERNEĞİ/);
  await picture("degisen");
  await page.keyboard.press("Alt+o");
  await page.locator(".flash").waitFor();
  assert.equal(await changed.count(), 0);
  assert.match(await page.getByRole("region", { name: "Plandaki alıcılar" }).innerText(), /KEŞAN DAYANIŞMA DERNEĞİ/);
  // A closed one is told in the letter's list too, where the plan is chosen.
  bring(renamed, "hayır");
  const other = await newLetter(page);
  await page.goto(address(`${other}/dagitim`));
  await choosePlace(page, "DYS İçi Evrak Gönderim Dağıtım Planı");
  const dialog = page.locator("dialog[open]");
  const label = (await dialog.locator("#plan option").allTextContents()).find((text) => text.startsWith(kept));
  await dialog.getByLabel("Dağıtım planı").selectOption({ label });
  await dialog.getByRole("button", { name: "Tamam" }).click();
  await page.locator("#plan-degisiklik").getByText(/kapan/i).first().waitFor();
  assert.deepEqual(page.complaints, []);
});
