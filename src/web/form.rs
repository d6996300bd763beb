//! Forms of logged-in people: parsed only after their form token was checked.

use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CurrentUser;
use super::failure::PageError;
use crate::app::App;
use crate::error::{forbidden, malformed};

/// Name of the hidden field that carries the token.
pub const TOKEN_FIELD: &str = "_token";

/// A form that its own page sent, with the person who sent it.
pub struct CheckedForm<T> {
    pub user: CurrentUser,
    pub form: T,
}

/// A form that is a button and its token.
#[derive(Deserialize)]
pub struct Nothing {}

impl<T: DeserializeOwned> FromRequest<App> for CheckedForm<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, app: &App) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let user = CurrentUser::from_request_parts(&mut parts, app).await?;
        let bytes = axum::body::Bytes::from_request(Request::from_parts(parts, body), app)
            .await
            .map_err(|_| malformed("form_okunamadi", "Form okunamadı ya da çok büyük."))?;
        let pairs: Vec<(String, String)> = serde_html_form::from_bytes(&bytes)
            .map_err(|_| malformed("form_okunamadi", "Form okunamadı. Sayfayı yenileyin."))?;
        let token = pairs
            .iter()
            .find(|(name, _)| name == TOKEN_FIELD)
            .map(|(_, value)| value);
        check_token(&user, token.map(String::as_str))?;
        let form = serde_html_form::from_bytes(&bytes).map_err(|error| {
            malformed(
                "form_eksik",
                format!("Formda eksik ya da hatalı alan var: {error}."),
            )
        })?;
        Ok(Self { user, form })
    }
}

/// Refuses a request whose form token is not that of the session.
///
/// # Errors
/// `form_jetonu` when it is absent or another.
pub fn check_token(user: &CurrentUser, token: Option<&str>) -> Result<(), PageError> {
    let same = token.is_some_and(|token| {
        token.len() == user.form_token.len()
            && token
                .bytes()
                .zip(user.form_token.bytes())
                .fold(0, |difference, (a, b)| difference | (a ^ b))
                == 0
    });
    if same {
        return Ok(());
    }
    Err(forbidden(
        "form_jetonu",
        "Form bu oturuma ait değil. Sayfayı yenileyip yeniden gönderin; yazdıklarınız durur.",
    )
    .into())
}
