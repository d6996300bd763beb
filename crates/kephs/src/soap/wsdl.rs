//! The provider's own WSDL, written from the one definition of the contract in `kep::wire`.

use std::{collections::BTreeMap, fmt::Write as _};

use kep::wire::{Content, FieldShape, OperationShape, Shape, TypeShape, Xsd, operations};

/// The WSDL with the service at `location`.
pub(super) fn write(location: &str) -> String {
    let operations = operations();
    let mut out = String::from(HEAD);
    types(&mut out, &operations);
    for it in &operations {
        let (name, answer) = (it.name, it.answer_wrapper);
        let _ = write!(
            out,
            r#"<wsdl:message name="{name}Request"><wsdl:part name="parameters" element="tns:{name}"/></wsdl:message>
<wsdl:message name="{name}Response"><wsdl:part name="parameters" element="tns:{answer}"/></wsdl:message>
"#
        );
    }
    out.push_str("<wsdl:portType name=\"eyServisPortType\">\n");
    for OperationShape { name, .. } in &operations {
        let _ = writeln!(
            out,
            r#"<wsdl:operation name="{name}"><wsdl:input message="tns:{name}Request"/><wsdl:output message="tns:{name}Response"/></wsdl:operation>"#
        );
    }
    out.push_str(
        "</wsdl:portType>\n<wsdl:binding name=\"eyServisSOAPBinding\" type=\"tns:eyServisPortType\">\n\
         <soap:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n",
    );
    for OperationShape { name, .. } in &operations {
        let _ = writeln!(
            out,
            r#"<wsdl:operation name="{name}"><soap:operation soapAction="urn:{name}" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>"#
        );
    }
    let _ = write!(
        out,
        r#"</wsdl:binding>
<wsdl:service name="eyServis"><wsdl:documentation>PROVA: gerçek KEP hizmeti değildir</wsdl:documentation>
<wsdl:port name="eyServisSOAPport_http" binding="tns:eyServisSOAPBinding"><soap:address location="{}"/></wsdl:port></wsdl:service>
</wsdl:definitions>
"#,
        location
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
    );
    out
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="eyServis" targetNamespace="http://ws.apache.org/axis2"
 xmlns:tns="http://ws.apache.org/axis2" xmlns:ey="http://ws.apache.org/axis2/xsd"
 xmlns:xmime="http://www.w3.org/2005/05/xmlmime" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">
"#;

const BINARY: &str = r#"<xsd:schema targetNamespace="http://www.w3.org/2005/05/xmlmime" elementFormDefault="qualified">
<xsd:attribute name="contentType" type="xsd:string"/><xsd:attribute name="fileName" type="xsd:string"/>
<xsd:complexType name="base64Binary"><xsd:simpleContent><xsd:extension base="xsd:base64Binary">
<xsd:attribute ref="xmime:contentType"/><xsd:attribute ref="xmime:fileName"/>
</xsd:extension></xsd:simpleContent></xsd:complexType></xsd:schema>
"#;

fn types(out: &mut String, operations: &[OperationShape]) {
    out.push_str("<wsdl:types>\n");
    out.push_str(BINARY);
    out.push_str(
        r#"<xsd:schema targetNamespace="http://ws.apache.org/axis2/xsd" elementFormDefault="qualified">
<xsd:import namespace="http://www.w3.org/2005/05/xmlmime"/>
"#,
    );
    for (name, values) in ENUMERATIONS {
        let _ = write!(
            out,
            r#"<xsd:simpleType name="{name}"><xsd:restriction base="xsd:string">"#
        );
        for value in *values {
            let _ = write!(out, r#"<xsd:enumeration value="{value}"/>"#);
        }
        out.push_str("</xsd:restriction></xsd:simpleType>\n");
    }
    let mut named = BTreeMap::new();
    for it in operations {
        gather(&mut named, &it.request);
        match it.shape {
            Shape::InReturn => gather(&mut named, &it.answer),
            Shape::Direct => gather_below(&mut named, &it.answer),
        }
    }
    for shape in named.values() {
        let _ = write!(out, r#"<xsd:complexType name="{}">"#, shape.name);
        sequence(out, &shape.fields);
        out.push_str("</xsd:complexType>\n");
    }
    out.push_str("</xsd:schema>\n");
    wrappers(out, operations);
    out.push_str("</wsdl:types>\n");
}

fn wrappers(out: &mut String, operations: &[OperationShape]) {
    out.push_str(
        r#"<xsd:schema targetNamespace="http://ws.apache.org/axis2" elementFormDefault="qualified">
<xsd:import namespace="http://ws.apache.org/axis2/xsd"/>
"#,
    );
    for it in operations {
        let _ = writeln!(
            out,
            r#"<xsd:element name="{}"><xsd:complexType><xsd:sequence><xsd:element name="param0" type="ey:{}" minOccurs="0" nillable="true"/></xsd:sequence></xsd:complexType></xsd:element>"#,
            it.name, it.request.name
        );
        let _ = write!(
            out,
            r#"<xsd:element name="{}"><xsd:complexType>"#,
            it.answer_wrapper
        );
        match it.shape {
            Shape::Direct => sequence(out, &it.answer.fields),
            Shape::InReturn => {
                let _ = write!(
                    out,
                    r#"<xsd:sequence><xsd:element name="return" type="ey:{}" minOccurs="0" nillable="true"/></xsd:sequence>"#,
                    it.answer.name
                );
            }
        }
        out.push_str("</xsd:complexType></xsd:element>\n");
    }
    out.push_str("</xsd:schema>\n");
}

fn gather<'a>(named: &mut BTreeMap<&'a str, &'a TypeShape>, shape: &'a TypeShape) {
    named.insert(shape.name, shape);
    gather_below(named, shape);
}

fn gather_below<'a>(named: &mut BTreeMap<&'a str, &'a TypeShape>, shape: &'a TypeShape) {
    for field in &shape.fields {
        if let Content::Record(inner) = &field.content {
            gather(named, inner);
        }
    }
}

fn sequence(out: &mut String, fields: &[FieldShape]) {
    out.push_str("<xsd:sequence>");
    for field in fields {
        let kind = match &field.content {
            Content::Simple(xsd) => simple(*xsd).to_owned(),
            Content::Binary => "xmime:base64Binary".into(),
            Content::Record(shape) => format!("ey:{}", shape.name),
        };
        let many = if field.many {
            r#" maxOccurs="unbounded""#
        } else {
            ""
        };
        let _ = write!(
            out,
            r#"<xsd:element name="{}" type="{kind}" minOccurs="0"{many} nillable="true"/>"#,
            field.name
        );
    }
    out.push_str("</xsd:sequence>");
}

fn simple(xsd: Xsd) -> &'static str {
    match xsd {
        Xsd::String => "xsd:string",
        Xsd::Int => "xsd:int",
        Xsd::Decimal => "xsd:decimal",
        Xsd::Boolean => "xsd:boolean",
        Xsd::DateTime => "xsd:dateTime",
        Xsd::PaketTur => "ey:eyPaketTur",
        Xsd::IcerikTur => "ey:eyIcerikTur",
        Xsd::OzetAlg => "ey:eyOzetAlg",
        Xsd::GirisTur => "ey:eyGirisTur",
        Xsd::Part => "ey:eyPart",
    }
}

const ENUMERATIONS: &[(&str, &[&str])] = &[
    ("eyPaketTur", &["Standart", "ETEbligat", "EYazisma"]),
    ("eyIcerikTur", &["TEXT", "HTML"]),
    ("eyOzetAlg", &["SHA1", "SHA256", "SHA512"]),
    ("eyGirisTur", &["BASE", "OTP", "EIMZA"]),
    ("eyPart", &["ALL", "ORGM", "ORGMATTACH"]),
];
