// Delil paketi indir: the button gives a ZIP that `dys verify` reads; the time line tells what each signature came to.
// DYS_SCREENSHOTS=1 renews docs/img/delil-dogrulanamadi.png.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { address, open, person } from "./office.js";

let browser, page;
before(async () => { browser = await open(); page = await person(browser, "zeynep"); });
after(() => browser?.close());

async function figure(name) {
  const folder = process.env.DYS_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true, animations: "disabled" });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("the time line says that each evidence's signature was verified", async () => {
  await page.goto(address("/sorgular/birim-giden-evrak?standing=read&unit="));
  await page.locator("main tbody a.row").first().click();
  await page.getByRole("heading", { name: "Posta Durumu" }).waitFor();
  const line = page.locator(".timeline").first();
  assert.match(await line.innerText(), /imzası doğrulandı/);
  assert.doesNotMatch(await line.innerText(), /doğrulanamadı/);
  await line.getByText("Denetimler").first().click();
  assert.match(await line.innerText(), /İmza:[\s\S]*Sertifika zinciri:[\s\S]*İleti: Delil bu iletiye ait\./);
  await figure("posta-durumu");
});

test("Delil paketi indir gives a ZIP named after the letter", async () => {
  const button = page.getByRole("button", { name: "Delil paketi indir" });
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  assert.match(download.suggestedFilename(), /^delil-paketi-E-[\w.-]+\.zip$/);
  const file = await download.path();
  const bytes = readFileSync(file);
  assert.equal(bytes.subarray(0, 2).toString(), "PK");
  for (const name of ["ozet.pdf", "icindekiler.json", "denetim/kayitlar.jsonl", "ileti/1/paket.eyp"]) assert.ok(bytes.includes(name), name);
  assert.deepEqual(page.complaints, []);

  // Every check holds under the two roots of the demo, and none of it without them.
  const verify = (...roots) => spawnSync(process.env.DYS_PROGRAM, ["verify", ...roots, file], { encoding: "utf8" });
  const data = process.env.DYS_DATA;
  const trusted = verify("--roots", `${data}/prova-esh-kok.pem`, "--evidence-roots", `${data}/kephs/prova-kok.pem`);
  assert.equal(trusted.status, 0, trusted.stdout);
  assert.match(trusted.stdout, /BÜTÜN DENETİMLER TUTUYOR/);
  assert.equal(verify().status, 1);
});

test("evidence that does not verify says why and waits for a decision", async () => {
  await page.goto(address("/"));
  await page.locator("#incele tbody a").first().click();
  await page.getByRole("heading", { name: "Posta Durumu" }).waitFor();
  const line = page.locator(".timeline > li").filter({ hasText: "doğrulanamadı" }).first();
  assert.match(await line.innerText(), /doğrulanamadı: \S.{10,}/);
  await line.getByText("Karar ver").click();
  await line.getByLabel("Gerekçe").waitFor();
  await line.getByRole("button", { name: "Delil sayılmasın" }).waitFor();
  await line.scrollIntoViewIfNeeded();
  if (process.env.DYS_SCREENSHOTS === "1") await line.screenshot({ path: "docs/img/delil-dogrulanamadi.png", animations: "disabled" });
  // Nothing of it counts until somebody decides.
  assert.match(await page.locator("main").innerText(), /\[doğrulanamadı\]/);
  assert.deepEqual(page.complaints, []);
});

test("no sideways scrolling at 390 px", async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${over} px`);
});
