//! *Yönetim*: users, own units, KEP accounts, signing, settings; and the register of numbers.

mod account;
mod number;
mod setting;
mod signature;
mod unit;
mod user;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The name of the menu.
pub const NAME: &str = "Yönetim";

/// The lines of the menu: address and label. A new screen of administration adds one line.
pub const MENU: &[(&str, &str)] = &[
    ("/yonetim/kullanicilar", "Kullanıcılar"),
    ("/yonetim/kurum-birimleri", "Kurum Birimleri"),
    ("/yonetim/kep-hesaplari", "KEP Hesapları"),
    ("/yonetim/kanallar", "Gönderim Kanalları"),
    ("/yonetim/antet", "Antet"),
    ("/yazi-sablonlari", "Yazı Şablonları"),
    ("/yonetim/imza", "İmza"),
    ("/yonetim/ayarlar", "Ayarlar"),
    ("/yonetim/birimler", "Birim Rehberi"),
    ("/sorgular/sayi-defteri", "Sayı Defteri"),
];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/yonetim/kullanicilar", get(user::list).post(user::add))
        .route("/yonetim/kullanicilar/yeni", get(user::new))
        .route(
            "/yonetim/kullanicilar/{id}",
            get(user::show).post(user::edit),
        )
        .route("/yonetim/kullanicilar/{id}/rol", post(user::role))
        .route(
            "/yonetim/kullanicilar/{id}/kimlik",
            post(user::set_identity),
        )
        .route(
            "/yonetim/kullanicilar/{id}/yetki-devri",
            post(user::delegate),
        )
        .route("/yonetim/kullanicilar/{id}/parola", post(user::reset))
        .route("/yonetim/kullanicilar/{id}/durum", post(user::set_active))
        .route(
            "/yonetim/kurum-birimleri",
            get(unit::list).post(unit::choose),
        )
        .route("/yonetim/kurum-birimleri/kurum", post(unit::choose_own))
        .route(
            "/yonetim/kep-hesaplari",
            get(account::list).post(account::bind),
        )
        .route("/yonetim/kep-hesaplari/{id}", get(account::show))
        .route("/yonetim/kep-hesaplari/{id}/durdur", post(account::pause))
        .route("/yonetim/kep-hesaplari/{id}/surdur", post(account::resume))
        .route(
            "/yonetim/imza",
            get(signature::show).post(signature::choose),
        )
        .route(
            "/yonetim/imza/dene",
            get(signature::show).post(signature::try_stamp),
        )
        .route("/yonetim/ayarlar", get(setting::show).post(setting::choose))
        .route(
            "/yonetim/ayarlar/tarayici",
            get(setting::show).post(setting::try_scanner),
        )
        .route("/sorgular/sayi-defteri", get(number::list))
}
