//! The log's actions in the reader's words.

/// What an action of the log is called on screens and in the proof bundle.
#[must_use]
pub fn action_words(action: &str) -> &str {
    match action {
        "document.create" => "Taslak oluşturuldu",
        "document.save" => "Kaydedildi",
        "document.read" => "Gizlilik dereceli evrak okundu",
        "document.discard" => "Taslak silindi",
        "document.references" => "İlgi değişti",
        "document.freeze" => "Yazı donduruldu",
        "attachment.add" => "Ek eklendi",
        "attachment.update" => "Ek değiştirildi",
        "attachment.remove" => "Ek kaldırıldı",
        "attachment.order" => "Ek sırası değişti",
        "distribution.add" => "Alıcı eklendi",
        "distribution.remove" => "Alıcı kaldırıldı",
        "distribution.purpose" => "Gereği / Bilgi değişti",
        "distribution.leave_out" => "Alıcıya gitmeyecek ekler değişti",
        "approval.chain" => "Onay listesi değişti",
        "approval.submit" => "Onaya sunuldu",
        "approval.initial" => "Paraflandı",
        "approval.sign" => "İmzalandı",
        "approval.return" => "İade edildi",
        "approval.withdraw" => "Geri çekildi",
        "approval.sign_again" => "İmzalar yenilenecek",
        "number.take" => "Sayı alındı",
        "number.cancel" => "Sayı iptal edildi",
        "dispatch.send" => "Evrakı Gönder",
        "dispatch.itself_failed" => "Kendiliğinden gönderilemedi",
        "verification.read" => "Doğrulama koduyla yazı alındı",
        "dispatch.retry" => "Yeniden denendi",
        "dispatch.decide" => "Gönderim sonucuna karar verildi",
        "evidence.check" => "Delil denetlendi",
        "evidence.decide" => "Delil için karar verildi",
        "proof.bundle" => "Delil paketi alındı",
        "worklist.contact" => "Görüşme Kaydı yazıldı",
        "worklist.posting" => "Kâğıtla gönderildi",
        "dispatch.stop" => "Gönderim durduruldu",
        other => other,
    }
}
