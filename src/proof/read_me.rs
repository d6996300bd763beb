//! `OKUBENI.txt`: how to check a bundle with common tools, for somebody who has no DYS.

/// The text, with the bundle's own names in it.
pub(super) const TEXT: &str = "\
DELİL PAKETİ

ozet.pdf                    Ne gönderildi, kime, ne zaman, ne geldi: okunacak özet
yazi/                       İmzalanan resmî yazı
paket/paket.eyp             Yazının bütün ekleriyle e-Yazışma paketi: kişilerin imzası, kurumun mührü
ileti/N/ileti.eml           KEP sağlayıcısına verilen imzalı iletinin kendisi
ileti/N/paket.eyp           İletinin taşıdığı e-Yazışma paketi (elektronik tebligatta yoktur,
                            ileti yazının kendisini taşır)
ileti/N/delil/*.xml         Sağlayıcıdan gelen deliller, geldikleri gibi
denetim/kayitlar.jsonl      Kurumun denetim kaydından bu yazının satırları ve özet zinciri
sertifikalar/kok-*.pem      İmzaların ve delillerin denetlendiği kök sertifikalar
sertifikalar/ara-*.pem      İmza sahipleriyle kök arasındaki sertifikalar
iptal/                      İptal listeleri (.crl) ve OCSP yanıtları (.ocsp): imzasının içinde
                            iptal bilgisi olmayan sertifikalar için, paket hazırlanırken alınmıştır
icindekiler.json            Bütün dosyaların boyu ve SHA-256 özeti
icindekiler.json.p7s        Kurumun bu liste üzerindeki imzası (CMS, ayrık, zaman damgalı)

DYS ile:
  dys verify --roots KÖKLER --evidence-roots KEP-KÖKLERİ paket.zip
  KÖKLER imza ve mühür sertifikalarını verenlerin, KEP-KÖKLERİ yalnız KEP sağlayıcılarının kökleridir;
  ikincisi verilmezse delili imzalayanın sağlayıcı olduğu bilinmez ve denetim eksik kalır.

DYS olmadan:
  1. Özetler: icindekiler.json içindeki her \"sha256\" değerini dosyanın özetiyle karşılaştırın
       sha256sum -b DOSYA          (Windows: certutil -hashfile DOSYA SHA256)
  2. Kurumun imzası:
       openssl cms -verify -inform DER -in icindekiler.json.p7s -content icindekiler.json \\
         -binary -CAfile KURUMUN-KÖKÜ.pem -out /dev/null
  3. e-Yazışma paketi: paket.eyp bir ZIP dosyasıdır. Paketteki /UstYazi içindeki dosya yazi/
     içindekiyle aynıdır; Imzalar/ImzaCades.imz kişilerin, Muhur/MuhurCades.imz kurumun imzasıdır:
       openssl cms -verify -inform DER -in ImzaCades.imz -CAfile KÖK.pem -out PaketOzeti.xml
  4. Deliller (XAdES):
       xmlsec1 --verify --trusted-pem KÖK.pem --id-attr:Id DELİLİN-KÖK-ÖĞESİ \\
         --id-attr:Id SignedProperties DELİL.xml
  5. Denetim kaydı: her tam satırın \"hash\" değeri, öteki alanların
     [previous_hash, seq, at, actor_id, actor_name, action, object_kind, object_id, detail]
     sırasındaki boşluksuz JSON dizisinin SHA-256 özetidir; previous_hash bir önceki satırın
     özetidir.

Listedeki her dosya, listenin zaman damgası anında vardı: damgası olmayan bir imzanın sertifikası
o ana göre denetlenir, süresi sonradan dolsa da.

Kök sertifikaları paketten değil, güvendiğiniz bir yerden alın: pakettekiler yalnızca hangi köklerle
denetlendiğini gösterir. Özet zinciri, kaydın paketten önce baştan yazılmadığını kanıtlamaz; bunun
için son satırın özeti kurumun kaydıyla ya da daha eski bir paketle karşılaştırılır. Yalnız özetiyle
duran satırların başka yazılara ait olduğu paketten anlaşılmaz; kurumun kaydına bakılır.
";
