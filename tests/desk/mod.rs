//! People at their desks: a browser that keeps cookies, against the office of the town hall.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role, password};
use dys::ids::SystemIds;
use tower::ServiceExt as _;

use crate::townhall::{NOON, Office};

pub const PASSWORD: &str = "uzun ve kolay anımsanan";
const FORM: &str = "application/x-www-form-urlencoded";

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn goes_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

/// A browser: it keeps its cookies and comes from an address of its own.
pub struct Browser<'a> {
    pub office: &'a Office,
    pub from: SocketAddr,
    pub cookies: Mutex<Vec<(String, String)>>,
    /// What a proxy writes into `X-Forwarded-For`.
    pub forwarded_for: Option<String>,
}

impl<'a> Browser<'a> {
    pub fn new(office: &'a Office, last_byte: u8) -> Self {
        Self {
            office,
            from: SocketAddr::from((IpAddr::from([127, 0, 7, last_byte]), 4000)),
            cookies: Mutex::default(),
            forwarded_for: None,
        }
    }

    /// A browser in which the person has logged in.
    pub async fn of(office: &'a Office, login: &str, password: &str, last_byte: u8) -> Self {
        let browser = Self::new(office, last_byte);
        let answer = browser.log_in(login, password).await;
        assert_eq!(answer.goes_to(), "/", "{login}");
        browser
    }

    pub async fn log_in(&self, login: &str, password: &str) -> Answer {
        let form = [("login", login), ("password", password)];
        let body = serde_html_form::to_string(form).unwrap();
        let request = Request::post("/giris").header(header::CONTENT_TYPE, FORM);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let jar: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !jar.is_empty() {
            let cookie = jar.join("; ").parse().unwrap();
            request.headers_mut().insert(header::COOKIE, cookie);
        }
        if let Some(hops) = &self.forwarded_for {
            let hops = hops.parse().unwrap();
            request.headers_mut().insert("x-forwarded-for", hops);
        }
        let answer = dys::web::router(self.office.app.clone())
            .layer(MockConnectInfo(self.from))
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            jar.retain(|(known, _)| known != name);
            if !cookie.contains("Max-Age=0") {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
        let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    /// Fills in a form whose token stands on `page`.
    pub async fn form(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let text = self.page(page).await;
        let token = text
            .split("name=\"_token\" value=\"")
            .nth(1)
            .expect("a form");
        let mut pairs = vec![("_token", token.split('"').next().unwrap())];
        pairs.extend_from_slice(fields);
        let body = serde_html_form::to_string(pairs).unwrap();
        let request = Request::post(path).header(header::CONTENT_TYPE, FORM);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn with_token(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let request = Request::get(path).header(header::AUTHORIZATION, bearer);
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

/// The office with an administrator, and Ayşe with a password that she knows.
pub fn office() -> Office {
    let office = Office::open(None);
    let hash = password::hash(PASSWORD, &SystemIds).unwrap();
    let writing = office.writing.clone();
    let ayse = office.people["ayse"].user_id.clone();
    office
        .app
        .store
        .write_blocking(move |tx| -> dys::error::Result<()> {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now: NOON,
                ids: &SystemIds,
            };
            let new = NewUser {
                login: "yonetici".to_owned(),
                full_name: "Deniz Yönetici".to_owned(),
                title: "Bilgi İşlem".to_owned(),
                password_hash: hash.clone(),
                roles: vec![(Role::Administrator, writing)],
                is_demo: true,
            };
            user::add(tx, &act, &new)?;
            let sql = "UPDATE user_account SET password_hash = ?2 WHERE id = ?1";
            tx.execute(sql, dys::params![&ayse, &hash])?;
            Ok(())
        })
        .unwrap();
    office
}

pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split(before).nth(1).expect(before);
    rest.split(after).next().unwrap()
}
