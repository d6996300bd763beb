//! A person at a browser and at a program of theirs, in the town hall of the tests.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::user::NewUser;
use dys::access::{Act, Actor, Role, session, token, user};
use dys::ids::SystemIds;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::townhall::Office;

pub struct Seat<'a> {
    office: &'a Office,
    cookie: String,
    pub form_token: String,
    token: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Where a successful form leads.
    pub fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }
}

/// A further person of the town hall.
pub fn join(office: &mut Office, login: &'static str, role: Role, unit_id: &str) {
    let (now, unit_id) = (office.app.now(), unit_id.to_owned());
    let actor = office
        .app
        .store
        .write_blocking(move |tx| -> dys::error::Result<_> {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let new = NewUser {
                login: login.to_owned(),
                full_name: login.to_owned(),
                title: role.label().to_owned(),
                password_hash: String::new(),
                roles: vec![(role, unit_id)],
                is_demo: true,
            };
            let id = user::add(tx, &act, &new)?;
            user::actor(tx, &id)
        })
        .unwrap();
    office.people.insert(login, actor);
}

impl<'a> Seat<'a> {
    pub fn of(office: &'a Office, login: &'static str) -> Self {
        let now = office.app.now();
        let ids = office.app.ids.clone();
        let (token, cookie) = office
            .run(login, move |tx, act| {
                let account = user::by_login(tx, login)?;
                let opened = session::open(tx, account.as_ref(), true, now, &*ids)??;
                Ok((token::issue(tx, act, "test")?, opened.token))
            })
            .unwrap();
        let presented = cookie.clone();
        let loaded = office
            .app
            .store
            .read_blocking(move |tx| session::load(tx, &presented, now))
            .unwrap();
        Self {
            office,
            cookie,
            form_token: loaded.unwrap().0.form_token,
            token,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = dys::web::router(self.office.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 50_000_000).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    fn cookie(&self) -> String {
        format!("dys_oturum={}", self.cookie)
    }

    pub async fn page(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, self.cookie());
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form of a page.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("_token", self.form_token.as_str())];
        pairs.extend_from_slice(fields);
        self.plain_form(path, &pairs).await
    }

    /// A form as it stands, with no token of its own.
    pub async fn plain_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html");
        let body = serde_html_form::to_string(fields).unwrap();
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A form with fields and files, (name, file name, bytes), in the order of the page.
    pub async fn upload(
        &self,
        path: &str,
        form_token: Option<&str>,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let body = multipart(form_token, fields, files);
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie())
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .header(header::ACCEPT, "text/html");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The same by a program.
    pub async fn upload_by_program(&self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        let body = multipart(None, &[], &[("file", name, bytes)]);
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn get_by_program(&self, path: &str) -> Answer {
        let request =
            Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

fn multipart(
    form_token: Option<&str>,
    fields: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Vec<u8> {
    let mut body = Vec::new();
    let token = form_token.map(|token| ("_token", token));
    for (name, value) in token.iter().chain(fields) {
        body.extend_from_slice(
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .as_bytes(),
        );
    }
    for (name, file_name, bytes) in files {
        body.extend_from_slice(
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"; \
                 filename=\"{file_name}\"\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--x--\r\n");
    body
}
