//! Templates of the demo office, so that *Yeni Evrak* has something to choose.

use crate::access::{Act, user};
use crate::app::App;
use crate::document::draft::Changes;
use crate::document::template;
use crate::error::{Result, not_found};

use super::office;

/// Name, unit (empty is the institution), subject, file code, text.
const TEMPLATES: [(&str, &str, &str, &str, &str); 3] = [
    (
        "Bilgi ve belge talebi",
        "",
        "Bilgi ve Belge Talebi",
        "622.02",
        "… konusunda yürütülen çalışmada değerlendirilmek üzere … hakkındaki bilgi ve belgelere \
         ihtiyaç duyulmaktadır.\n\nSöz konusu bilgi ve belgelerin … tarihine kadar gönderilmesini",
    ),
    (
        "Toplantı daveti",
        "",
        "Toplantı Daveti",
        "105.04",
        "… konusunun görüşüleceği toplantı … günü saat …'da Belediyemiz toplantı salonunda \
         yapılacaktır.\n\nToplantıya bir temsilcinizin katılmasını",
    ),
    (
        "Meclis kararı bildirimi",
        "Yazı İşleri Müdürlüğü",
        "Meclis Kararı",
        "105.04",
        "Belediyemiz Meclisinin … tarihli ve … sayılı kararı ekte gönderilmiştir.\n\nKararın \
         gereğini",
    ),
];

/// Makes them where there are none yet.
pub(super) fn make(app: &App) -> Result<()> {
    let (now, ids) = (app.now(), std::sync::Arc::clone(&app.ids));
    app.store.write_blocking(move |tx| -> Result<()> {
        let units = office::own_units(tx)?;
        let administrator = user::by_login(tx, "yonetici")?
            .ok_or_else(|| not_found("kullanici_yok", "Demo yöneticisi yok."))?;
        let actor = user::actor(tx, &administrator.id)?;
        let act = Act {
            actor: &actor,
            now,
            ids: &*ids,
        };
        if !template::list(tx, &act)?.is_empty() {
            return Ok(());
        }
        for (name, unit, subject, code, text) in TEMPLATES {
            let Some(unit) = units.get(unit) else {
                continue;
            };
            let id = template::create(tx, &act, unit, name)?;
            let changes = Changes {
                subject: Some(subject.to_owned()),
                plan_code: Some(code.to_owned()),
                text: Some(text.to_owned()),
                ..Changes::default()
            };
            template::save(tx, &act, &id, 1, name, &changes)?;
        }
        Ok(())
    })
}
