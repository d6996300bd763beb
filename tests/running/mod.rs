//! The real program as a child process with a data folder of its own, and a browser's part in it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, Response, redirect};

/// The program that cargo built beside this test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_dys");
/// The demo's password, as `dys demo` prints it.
pub const PASSWORD: &str = dys::demo::people::PASSWORD;

/// The longest that a start may take; a first start of the demo grows a directory.
const PATIENCE: Duration = Duration::from_secs(600);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A command of the program on `data`, untouched by the environment's own settings.
pub fn command(data: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    prepare(&mut command, data);
    command
}

/// Points any command that runs the program at `data`.
pub fn prepare(command: &mut Command, data: &Path) {
    command
        .env("DYS_DATA", data)
        .env_remove("DYS_DATABASE")
        .env_remove("DYS_PUBLIC_URL")
        .stdin(Stdio::null());
}

/// A running server; it is asked to end with this value.
pub struct Running {
    child: Child,
    /// The child is a tracer, which passes no signal on: the program is its child.
    traced: bool,
    pub url: String,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Running {
    /// Starts `dys demo` and waits until it answers.
    pub async fn demo(data: &Path) -> Self {
        let mut program = command(data);
        program.arg("demo");
        Self::start(program).await
    }

    /// Starts a tracer that runs the program as its child.
    pub async fn traced(tracer: Command) -> Self {
        let mut running = Self::start(tracer).await;
        running.traced = true;
        running
    }

    /// Starts a command that serves on the address in `DYS_LISTEN`.
    pub async fn start(mut program: Command) -> Self {
        let port = free_port();
        program
            .env("DYS_LISTEN", format!("127.0.0.1:{port}"))
            .stdout(Stdio::null());
        let begun = Instant::now();
        let child = program.spawn().expect("the program starts");
        let mut running = Self {
            child,
            traced: false,
            url: format!("http://127.0.0.1:{port}"),
            started_in: Duration::ZERO,
        };
        let client = plain_client();
        let health = format!("{}/health", running.url);
        while !matches!(client.get(&health).send().await, Ok(answer) if answer.status().is_success())
        {
            if let Some(status) = running.child.try_wait().unwrap() {
                panic!("the program ended before it served: {status}");
            }
            assert!(begun.elapsed() < PATIENCE, "the program does not answer");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        running.started_in = begun.elapsed();
        running
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end as an init system does, and waits.
    pub fn stop(mut self) -> ExitStatus {
        self.ask_to_end();
        self.child.wait().unwrap()
    }

    fn ask_to_end(&self) {
        let asked = match children(self.id()).first() {
            Some(program) if self.traced => *program,
            _ => self.id(),
        };
        let _ = Command::new("kill")
            .args(["-TERM", &asked.to_string()])
            .status();
    }
}

/// Processes that the process `id` started, as Linux tells them.
pub fn children(id: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|other| status_number(*other, "PPid:") == Some(u64::from(id)))
        .collect()
}

/// A number in `/proc/ID/status`.
pub fn status_number(id: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.ask_to_end();
            let _ = self.child.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn plain_client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .cookie_store(true)
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

/// A logged-in person.
pub struct Visitor {
    client: Client,
    url: String,
}

impl Visitor {
    pub async fn log_in(url: &str, login: &str, password: &str) -> Self {
        let visitor = Self {
            client: plain_client(),
            url: url.to_owned(),
        };
        let form = [("login", login), ("password", password)];
        let answer = visitor.post("/giris").form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{login} cannot log in");
        visitor
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// The text of a page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Makes a draft in the first unit that the person may write in; its path.
    pub async fn new_letter(&self) -> String {
        let page = self.page("/evrak/yeni").await;
        let token = value_of(&page, "name=\"_token\"");
        let units = page.split("name=\"unit\"").nth(1).expect("units");
        let unit = value_of(units, "<option");
        let form = [("_token", token), ("unit", unit)];
        location(&self.post("/evrak").form(&form).send().await.unwrap())
    }
}

/// Where a successful form sends the browser.
pub fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), 303, "{}", answer.url());
    let location = answer.headers().get(LOCATION).expect("a Location");
    location.to_str().unwrap().to_owned()
}

/// The `value` of the first element of `page` in whose tag `mark` stands.
pub fn value_of<'p>(page: &'p str, mark: &str) -> &'p str {
    let after = page.split(mark).nth(1).unwrap_or_else(|| panic!("{mark}"));
    let value = after.split("value=\"").nth(1).expect("a value");
    value.split('"').next().unwrap()
}
