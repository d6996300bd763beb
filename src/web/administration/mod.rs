//! *Yönetim*: users, own units, KEP accounts, settings; and the register of numbers.

mod account;
mod number;
mod setting;
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
        .route("/yonetim/kullanicilar/{id}/parola", post(user::reset))
        .route("/yonetim/kullanicilar/{id}/durum", post(user::set_active))
        .route(
            "/yonetim/kurum-birimleri",
            get(unit::list).post(unit::choose),
        )
        .route(
            "/yonetim/kep-hesaplari",
            get(account::list).post(account::bind),
        )
        .route("/yonetim/kep-hesaplari/{id}", get(account::show))
        .route("/yonetim/kep-hesaplari/{id}/durdur", post(account::pause))
        .route("/yonetim/kep-hesaplari/{id}/surdur", post(account::resume))
        .route("/yonetim/ayarlar", get(setting::show).post(setting::choose))
        .route("/sorgular/sayi-defteri", get(number::list))
}
