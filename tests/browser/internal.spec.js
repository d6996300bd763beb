// DYS İçi Evrak Gönderim: from the dialog to read at the other unit. DYS_SCREENSHOTS=1 renews docs/img/ic-*.png.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, approve, choosePlace, mainSays, newLetter, open, person, takeUnit, write } from "./office.js";

const WORKS = "FEN İŞLERİ MÜDÜRLÜĞÜ";
const SUBJECT = "Araç talebi hakkında";
let browser, page, path;
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

const picture = async (of, name) => {
  if (process.env.DYS_SCREENSHOTS === "1") await of.screenshot({ path: `docs/img/ic-${name}.png`, animations: "disabled" });
};

test("DYS İçi Evrak Gönderim: a unit of our own is chosen in the dialog", async () => {
  path = await newLetter(page);
  await write(page, { subject: SUBJECT, text: "Saha çalışması için bir aracın görevlendirilmesini rica ederim." });
  await page.goto(address(`${path}/dagitim`));
  await choosePlace(page, "DYS İçi Evrak Gönderim");
  await takeUnit(page, "fen işleri", WORKS);
  await picture(page, "birim-sec");
  await page.locator("dialog[open]").getByRole("button", { name: "Tamam" }).click();
  await page.locator("main tbody").first().getByText(WORKS).first().waitFor();
  assert.doesNotMatch(await page.locator("main tbody").first().innerText(), /kep\.(tr|example)/);
});

test("Evrakı Gönder puts it into the other unit's Gelen Evrak at once", async () => {
  await approve(browser, page, path);
  await page.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  await page.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
  await mainSays(page, `${path}/posta`, /Birimin gelen evrakına ulaştı/);
});

test("the other unit finds, opens and reads it; the sender sees when", async () => {
  const other = await person(browser, "ismail");
  await other.goto(address("/gelen"));
  await other.locator("main").getByRole("link", { name: SUBJECT }).first().click();
  await other.getByRole("heading", { name: SUBJECT, level: 1 }).waitFor();
  assert.match(await other.locator("main").innerText(), /DYS içi[\s\S]*Yazı İşleri Müdürlüğü/);
  assert.deepEqual(other.complaints, []);
  await other.context().close();
  await mainSays(page, `${path}/posta`, /Birimce okundu/);
  await picture(page, "okundu");
  await page.goto(address("/sorgular/birim-giden-evrak"));
  const row = page.locator("main tbody tr", { hasText: SUBJECT }).first();
  assert.match(await row.innerText(), /Birimce okundu/);
  assert.deepEqual(page.complaints, []);
});

test("a unit of our own as outside is refused, with the way to the right place", async () => {
  const letter = await newLetter(page);
  await page.goto(address(`${letter}/dagitim`));
  await choosePlace(page, "DYS Dışı KEP Gönderim");
  const dialog = page.locator("dialog[open]");
  await dialog.getByLabel("Adı").fill("keşan fen işleri");
  await dialog.getByRole("button", { name: "Sorgula" }).click();
  await dialog.getByText(/DYS İçi Evrak Gönderim/).first().waitFor();
  await picture(page, "yanlis-yer");
});
