// İmza: with the rehearsal's key, several at once, and with a card (SoftHSM) through dys sign-agent.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addStep, address, demo, newLetter, open, person, write } from "./office.js";

const DYS = join(process.env.CARGO_TARGET_DIR ?? "target", "debug", "dys");
const MODULE = ["/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/softhsm/libsofthsm2.so"].find(existsSync);
const PIN = "4321";

let browser, clerk, mayor, folder;
let agent;

before(async () => {
  browser = await open();
  clerk = await person(browser, "ayse");
  mayor = await person(browser, "ali");
  folder = mkdtempSync(join(tmpdir(), "dys-kart-"));
});
after(async () => {
  agent?.kill();
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** A letter that waits for the mayor's signature; its path. */
async function waiting(subject) {
  const path = await newLetter(clerk);
  await write(clerk, { subject, text: "Bilgilerinize sunulur." });
  await clerk.getByRole("link", { name: /Dağıtım|Birim/ }).first().waitFor();
  await addRecipient(clerk, path);
  await addStep(clerk, "Ali Şahin", "İmza");
  await clerk.getByRole("button", { name: "Onaya Sun" }).click();
  await clerk.locator(".flash").getByText("onaya sunuldu").waitFor();
  return path;
}

/** By the API, since the screens of the list have their own tests. */
async function addRecipient(page, path) {
  const id = path.split("/").pop();
  const token = demo.tokens.ayse;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const found = await (await fetch(address("/api/v1/units?q=havsa belediye"), { headers })).json();
  const body = JSON.stringify({ units: [found.units[0].id] });
  const added = await fetch(address(`/api/v1/letters/${id}/recipients`), { method: "POST", headers: { ...headers, "idempotency-key": id }, body });
  assert.equal(added.ok, true, await added.clone().text());
  await page.reload();
}

test("a wrong PIN signs nothing; the right one signs", async () => {
  const path = await waiting("Prova anahtarıyla imza");
  await mayor.goto(address(path));
  await mayor.locator("#pin").fill("000000");
  await mayor.getByRole("button", { name: "İmzala" }).click();
  await mayor.getByText("PIN yanlış").waitFor();
  await mayor.goto(address(path));
  await mayor.getByRole("button", { name: "İmzala" }).click();
  await mayor.locator(".flash").getByText("Evrak imzalandı").waitFor();
});

test("several letters, one PIN, a result for each", async () => {
  const subjects = ["Toplu imza bir", "Toplu imza iki"];
  for (const subject of subjects) await waiting(subject);
  await mayor.goto(address("/onay"));
  for (const subject of subjects) await mayor.getByLabel(`Seç: ${subject}`).check();
  await mayor.getByRole("button", { name: "Seçilenleri imzala" }).click();
  await mayor.getByRole("heading", { name: "İmza sonuçları" }).waitFor();
  assert.equal(await mayor.locator("main td", { hasText: "İmzalandı: E-" }).count(), 2);
});

const env = () => ({ ...process.env, SOFTHSM2_CONF: join(folder, "softhsm2.conf") });
const run = (name, ...args) => execFileSync(name, args, { env: env(), stdio: "pipe" });

/** A card with a key of its own and a certificate for `login`. */
function card(label, login, ...more) {
  const [key, pub, der] = ["key.pem", "key.pub", "key.der"].map((name) => join(folder, `${label}-${name}`));
  run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key);
  run("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", pub);
  run(DYS, "signature", "rehearsal-certificate", login, "--public-key", pub, "--out", der, ...more);
  run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN);
  run("softhsm2-util", "--import", key, "--token", label, "--label", "imza", "--id", "01", "--pin", PIN);
  run("pkcs11-tool", "--module", MODULE, "--token-label", label, "--login", "--pin", PIN, "--write-object", der, "--type", "cert", "--id", "01");
}

/** The demo behind https on an address that is not loopback, as in a house; undefined where there is no such address. */
async function behindHttps() {
  const own = Object.values(networkInterfaces()).flat().find((place) => place.family === "IPv4" && !place.internal)?.address;
  if (!own) return undefined;
  const [key, cert] = [join(folder, "https.key"), join(folder, "https.pem")];
  run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=dys.example", "-addext", `subjectAltName=IP:${own}`,
    "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert);
  const { hostname, port } = new URL(demo.url);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asked, answer) => {
    const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: { ...asked.headers, host: `${hostname}:${port}` } }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise((done) => server.listen(0, own, done));
  return { origin: `https://${own}:${server.address().port}`, cert, close: () => { server.closeAllConnections(); server.close(); } };
}

/** The agent with its terminal: `says` waits for words, `type` answers. */
function start(...args) {
  const state = args.includes("--state") ? [] : ["--state", join(folder, "arac.json")];
  const child = spawn(DYS, ["sign-agent", "--module", MODULE, ...state, ...args], { env: env() });
  let said = "";
  let from = 0;
  child.stderr.on("data", (bytes) => { said += bytes; });
  const says = async (words) => {
    const until = Date.now() + 20_000;
    for (;;) {
      const at = said.indexOf(words, from);
      if (at >= 0) { from = at + words.length; return; }
      if (Date.now() > until || child.exitCode !== null) throw new Error(`the agent never said “${words}”; it said: ${said.slice(from)}`);
      await new Promise((done) => child.stderr.once("data", done).once("end", done) && setTimeout(done, 200));
    }
  };
  return { says, type: (line) => child.stdin.write(`${line}\n`), kill: () => child.kill() };
}

async function byCard(path) {
  await mayor.goto(address(path));
  await mayor.getByRole("button", { name: "Kartla imzala" }).click();
  await mayor.waitForURL(address("/imza-araci"));
  await mayor.locator("[data-state=waiting]").first().waitFor();
}

test("a card at the desk", { skip: !MODULE && "SoftHSM is not installed" }, async (t) => {
  mkdirSync(join(folder, "tokens"));
  writeFileSync(env().SOFTHSM2_CONF, `directories.tokendir = ${join(folder, "tokens")}\n`);
  const clear = () => { rmSync(join(folder, "tokens"), { recursive: true }); mkdirSync(join(folder, "tokens")); };
  const house = await behindHttps();
  t.after(() => house?.close());
  const origin = house?.origin ?? new URL(demo.url).origin;
  const trust = house ? ["--ca", house.cert] : [];
  const restart = async () => { agent?.kill(); agent = start(...trust); await agent.says("ile eşlenmiş"); };

  await t.test("is paired by a code that works once", async () => {
    await mayor.goto(address("/imza-araci"));
    await mayor.getByRole("button", { name: "Eşleme kodu al" }).click();
    const code = await mayor.locator("#esleme-kodu").innerText();
    agent = start("--server", origin, ...trust);
    await agent.says("eşleme kodu");
    agent.type(code);
    await agent.says("Ali Şahin");
    agent.kill();
    const again = start("--server", origin, ...trust, "--state", join(folder, "ikinci.json"));
    await again.says("eşleme kodu");
    again.type(code);
    await again.says("Eşleme kodu yanlış");
    again.kill();
  });

  const paths = [await waiting("Kartla imza bir"), await waiting("Kartla imza iki")];
  const refused = async (words) => {
    await agent.says("İmzalansın mı?");
    agent.type("e");
    return agent.says(words);
  };
  const onScreen = (words) => mayor.locator("[data-state=failed]").first().getByText(words).waitFor();

  await t.test("without the agent the screen says what to do", async () => {
    await byCard(paths[0]);
    await mayor.getByText("Araç açık değilse başlatın").first().waitFor();
  });

  await t.test("no card", async () => {
    await restart();
    await refused("kart takılı değil");
    await onScreen("kart takılı değil");
  });

  await t.test("a wrong PIN, twice", async () => {
    card("ali", "ali");
    await restart();
    await byCard(paths[0]);
    await agent.says("İmzalansın mı?");
    agent.type("e");
    await agent.says("PIN'i:");
    agent.type("9999");
    await agent.says("PIN yanlış");
    await agent.says("PIN'i:");
    agent.type("9998");
    await onScreen("PIN yanlış");
    await mayor.goto(address(paths[0]));
    assert.equal(await mayor.getByRole("button", { name: "Kartla imzala" }).count(), 1, "still to be signed");
  });

  await t.test("another person's card", async () => {
    clear();
    card("fatma", "fatma");
    await restart();
    await byCard(paths[0]);
    await agent.says("İmzalansın mı?");
    agent.type("e");
    await agent.says("PIN'i:");
    agent.type(PIN);
    await agent.says("Fatma Kaya adına");
    await onScreen("Kendi kartınızı takıp");
  });

  await t.test("an expired certificate", async () => {
    clear();
    card("eski", "ali", "--expired");
    await restart();
    await byCard(paths[0]);
    await agent.says("İmzalansın mı?");
    agent.type("e");
    await agent.says("PIN'i:");
    agent.type(PIN);
    await agent.says("geçerlilik süresi dolmuş");
    await onScreen("geçerlilik süresi dolmuş");
  });

  await t.test("two letters with one PIN", async () => {
    clear();
    card("ali2", "ali");
    await restart();
    await mayor.goto(address("/onay"));
    for (const subject of ["Kartla imza bir", "Kartla imza iki"]) await mayor.getByLabel(`Seç: ${subject}`).check();
    await mayor.getByRole("button", { name: "Seçilenleri kartla imzala" }).click();
    await agent.says("imzanızı bekleyen 2 yazı");
    for (const subject of ["Kartla imza", "Kartla imza"]) {
      await agent.says(`Konu:   ${subject}`);
      await agent.says("İmzalansın mı?");
      agent.type("e");
    }
    await agent.says("PIN'i:");
    agent.type(PIN);
    await agent.says(": imzalandı.");
    await agent.says(": imzalandı.");
    await mayor.locator("[data-state=signed]").nth(1).waitFor();
    await mayor.goto(address(paths[0]));
    await mayor.getByText("İmzalandı").first().waitFor();
  });
  assert.deepEqual(mayor.complaints.filter((line) => !line.includes("422")), []);
});
