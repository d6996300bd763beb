//! The rehearsal's KEP directory: the two public questions of the TÜRKKEP contract, answered from the mailboxes here.

use std::sync::Arc;

use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use kep::{
    directory::{self, StatusAnswer},
    mtom,
    soap::{Body, Fault, Limits},
};

use super::DIRECTORY_PATH;
use crate::{
    config::{UnknownRecipients, normal_address},
    engine::Provider,
    error::Result,
};

/// The directory at its public path.
pub fn routes(provider: Arc<Provider>) -> Router {
    Router::new()
        .route(DIRECTORY_PATH, get(describe).post(call))
        .with_state(provider)
}

async fn describe(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let wanted = uri.query().unwrap_or_default().to_ascii_lowercase();
    if !wanted.starts_with("wsdl") {
        let hint = format!("KEP rehberi prova servisi. Tanımı: {DIRECTORY_PATH}?wsdl\n");
        return (StatusCode::OK, hint).into_response();
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let location = format!("http://{}{DIRECTORY_PATH}", host.unwrap_or("127.0.0.1"));
    let location = location.replace('&', "&amp;").replace('"', "&quot;");
    let text = WSDL.replace("LOCATION", &location.replace('<', "&lt;"));
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

async fn call(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("text/xml");
    let request = match mtom::open(kind, &body, &Limits::default()) {
        Ok(Body::Payload(request)) => request,
        Ok(Body::Fault(_)) => return answer(Body::Fault(Fault::client("İstek bir SOAP hatası."))),
        Err(error) => {
            let words = format!("İstek okunamadı: {error}");
            return answer(Body::Fault(Fault::client(words)));
        }
    };
    let work = tokio::task::spawn_blocking(move || match request.name.as_str() {
        directory::STATUS => {
            let address = directory::asked_address(&request).unwrap_or_default();
            Ok(Body::Payload(status(&provider, address)?.write()))
        }
        directory::BY_TAX_NUMBER => {
            let words = "Prova rehberinde vergi numarasıyla kayıt tutulmaz.";
            Ok(Body::Payload(directory::write_entries(&[], DONE, words)))
        }
        other => Ok(Body::Fault(Fault::client(format!(
            "{} işlemi prova rehberinde yok.",
            other.chars().take(80).collect::<String>()
        )))),
    });
    let done: std::result::Result<Result<Body>, _> = work.await;
    match done {
        Ok(Ok(body)) => answer(body),
        _ => answer(Body::Fault(Fault::server("Prova rehberinde iç hata oldu."))),
    }
}

/// `sonucKodu` of an answered question, as the sending service of the same contract has it.
const DONE: &str = "200";

/// What the rehearsal knows: mailboxes that exist, and addresses of its domains that get one on
/// their first message. Its numbers are its own; those of the real service are not public.
fn status(provider: &Provider, asked: &str) -> Result<StatusAnswer> {
    let address = normal_address(asked);
    let config = provider.config();
    let (status, words) = if provider.account(&address)?.is_some() {
        (Some(1), "Prova rehberi: adres kayıtlı ve etkin.")
    } else if !config.is_local(&address) {
        (None, "Prova rehberi bu sağlayıcının adreslerini bilmez.")
    } else if config.unknown_recipients == UnknownRecipients::Create {
        (
            Some(1),
            "Prova rehberi: adres kayıtlı; henüz ileti almamış.",
        )
    } else {
        (Some(0), "Prova rehberi: böyle bir adres yok.")
    };
    Ok(StatusAnswer {
        address: Some(address),
        status,
        words: Some(words.to_owned()),
        result_code: Some(DONE.to_owned()),
        result_words: Some("Sorgu yapıldı.".to_owned()),
    })
}

fn answer(body: Body) -> Response {
    let status = match body {
        Body::Payload(_) => StatusCode::OK,
        Body::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let packed = mtom::pack(body, false);
    (
        status,
        [(header::CONTENT_TYPE, packed.content_type)],
        packed.body,
    )
        .into_response()
}

const WSDL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="KEPRetrieval" targetNamespace="http://turkkepgw.turkkep.com.tr"
 xmlns:tns="http://turkkepgw.turkkep.com.tr" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">
<wsdl:types><xs:schema targetNamespace="http://turkkepgw.turkkep.com.tr" elementFormDefault="unqualified">
<xs:element name="KepDurumBilgisi"><xs:complexType><xs:sequence><xs:element name="kepDurumBilgisi"><xs:complexType><xs:sequence>
<xs:element name="kepAdresi" type="xs:string"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
<xs:element name="KepDurumBilgisiResponse"><xs:complexType><xs:sequence><xs:element name="kepDurumBilgisi" minOccurs="0"><xs:complexType><xs:sequence>
<xs:element name="kepAdresi" type="xs:string" minOccurs="0"/><xs:element name="kepDurumSonucu" type="xs:string" minOccurs="0"/>
<xs:element name="kepDurumu" type="xs:int" minOccurs="0"/><xs:element name="sonucAciklama" type="xs:string" minOccurs="0"/>
<xs:element name="sonucKodu" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
<xs:element name="KepSorgulamaVKN"><xs:complexType><xs:sequence><xs:element name="kepSorgulamaVKN"><xs:complexType><xs:sequence>
<xs:element name="VKN" type="xs:string"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
<xs:element name="KepSorgulamaVKNResponse"><xs:complexType><xs:sequence><xs:element name="return" minOccurs="0"><xs:complexType><xs:sequence>
<xs:element name="returList" minOccurs="0" maxOccurs="unbounded" nillable="true"><xs:complexType><xs:sequence>
<xs:element name="kepAdresi" type="xs:string" minOccurs="0"/><xs:element name="mersisNo" type="xs:string" minOccurs="0"/>
<xs:element name="tuzelKisiAdi" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="sonucAciklama" type="xs:string" minOccurs="0"/><xs:element name="sonucKodu" type="xs:string" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
</xs:schema></wsdl:types>
<wsdl:message name="KepDurumBilgisi"><wsdl:part name="parameters" element="tns:KepDurumBilgisi"/></wsdl:message>
<wsdl:message name="KepDurumBilgisiResponse"><wsdl:part name="parameters" element="tns:KepDurumBilgisiResponse"/></wsdl:message>
<wsdl:message name="KepSorgulamaVKN"><wsdl:part name="parameters" element="tns:KepSorgulamaVKN"/></wsdl:message>
<wsdl:message name="KepSorgulamaVKNResponse"><wsdl:part name="parameters" element="tns:KepSorgulamaVKNResponse"/></wsdl:message>
<wsdl:portType name="KEPRetrieval">
<wsdl:operation name="KepDurumBilgisi"><wsdl:input message="tns:KepDurumBilgisi"/><wsdl:output message="tns:KepDurumBilgisiResponse"/></wsdl:operation>
<wsdl:operation name="KepSorgulamaVKN"><wsdl:input message="tns:KepSorgulamaVKN"/><wsdl:output message="tns:KepSorgulamaVKNResponse"/></wsdl:operation>
</wsdl:portType>
<wsdl:binding name="KEPRetrievalSoapBinding" type="tns:KEPRetrieval"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<wsdl:operation name="KepDurumBilgisi"><soap:operation soapAction="" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>
<wsdl:operation name="KepSorgulamaVKN"><soap:operation soapAction="" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>
</wsdl:binding>
<wsdl:service name="KEPRetrieval"><wsdl:documentation>PROVA: gerçek KEP rehberi değildir</wsdl:documentation>
<wsdl:port name="KEPRetrievalPort" binding="tns:KEPRetrievalSoapBinding"><soap:address location="LOCATION"/></wsdl:port></wsdl:service>
</wsdl:definitions>
"#;
