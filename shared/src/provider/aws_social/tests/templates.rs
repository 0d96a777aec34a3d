//! Submission, list and deletion of templates.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::domain::outbound::{Category, Outbound, TemplateType};
use crate::provider::Submitted;

const BASE: &str = "https://social-messaging.eu-west-1.amazonaws.com/v1/whatsapp/template";

fn outbound(content: &str) -> Outbound {
    Outbound {
        content: content.to_owned(),
        template_type: TemplateType::Text,
        media_url: None,
        variables: vec!["name".to_owned()],
        buttons: Vec::new(),
        ..testing::outbound(&channel(&[]))
    }
}

/// T42: a template is submitted in Meta's form, as bytes inside of AWS's.
#[test]
fn a_template_is_submitted() {
    let outbound = outbound("Olá {{.name}}, tudo bem?");
    let request = AwsSocial.submit_template(&channel(&[]), &outbound, &[]);
    assert_eq!(request.uri(), &*format!("{BASE}/put"));
    let asked = json_of(request.body());
    assert_eq!(asked["id"], ACCOUNT);
    let sent = json_of(STANDARD.decode(asked["templateDefinition"].as_str().unwrap()).unwrap());
    assert_eq!((&sent["name"], &sent["language"]), (&json!("start_03030303"), &json!("pt_BR")));
    assert_eq!(sent["components"][0]["text"], "Olá {{1}}, tudo bem?");
}

/// T2: without an account there are no templates, and AWS takes no long ones.
#[test]
fn a_template_must_fit() {
    let fits = |channel: &OpenChannel, content: &str| {
        AwsSocial.fits(channel, &outbound(content)).map_err(|(field, _)| field)
    };
    assert_eq!(fits(&channel(&[]), "Olá {{.name}}, tudo bem?"), Ok(()));
    assert_eq!(fits(&channel(&[("waba_id", "")]), "Olá {{.name}}!"), Err("channel_id"));
    // Letters count as they are written, which is more than one byte for most of the world.
    assert_eq!(fits(&channel(&[]), &"ж".repeat(3000)), Err("content"));
}

/// T42, T45: taken, refused for good, or not now.
#[test]
fn a_submission_is_taken_refused_or_put_off() {
    let read = |answer| AwsSocial.read_submitted(&channel(&[]), &answer);
    let taken = |id: Option<&str>| Submitted::Taken {
        template_id: id.map(str::to_owned),
        provider_status: "PENDING".to_owned(),
    };
    let put = r#"{"metaTemplateId":"777000111","templateStatus":"PENDING","category":"UTILITY"}"#;
    assert_eq!(read(answer(200, put)), taken(Some("777000111")));
    assert_eq!(read(answer(200, "<html>")), Submitted::Later);
    let invalid = |message| refusal(400, "InvalidParametersException", message);
    assert_eq!(read(invalid("The template already exists")), taken(None));
    let refused = Submitted::Refused { reason: "The body is too long".to_owned() };
    assert_eq!(read(invalid("The body is too long")), refused);
    for later in ["ThrottledRequestException", "AccessDeniedByMetaException", "DependencyException"]
    {
        assert_eq!(read(refusal(400, later, "not now")), Submitted::Later, "{later}");
    }
}

/// T48: all pages of the list, each row with its words as they are.
#[test]
fn the_list_is_read_page_by_page() {
    let address = |next| AwsSocial.list_templates(&channel(&[]), next).uri().to_string();
    assert_eq!(address(None), format!("{BASE}/list?id={ACCOUNT}&maxResults=100"));
    let second = format!("{BASE}/list?id={ACCOUNT}&maxResults=100&nextToken=a%2Bb%3D");
    assert_eq!(address(Some("a+b=")), second);
    let page = json!({
        "templates": [
            { "templateName": "start_03030303", "metaTemplateId": "777000111",
              "templateStatus": "APPROVED", "templateQualityScore": "GREEN",
              "templateLanguage": "pt_BR", "templateCategory": "MARKETING" },
            { "templateName": "broken" },
        ],
        "nextToken": "a+b=",
    });
    let read = |status, body: &Value| {
        AwsSocial.read_templates(&channel(&[]), None, &answer(status, body.to_string()))
    };
    let found = read(200, &page).unwrap();
    assert_eq!((found.rows.len(), found.next.as_deref()), (1, Some("a+b=")));
    let row = &found.rows[0];
    assert_eq!((row.status.as_str(), row.category), ("APPROVED", Some(Category::Marketing)));
    assert_eq!(read(200, &json!({ "templates": [] })).unwrap().next, None);
    assert_eq!(read(500, &page), None);
    assert_eq!(read(200, &json!({})), None);
}

/// T42: the template with our id; while that is not known, all languages of its name.
#[test]
fn a_template_is_deleted() {
    let mut outbound = outbound("Olá {{.name}}!");
    let line = |outbound: &Outbound| {
        let request = AwsSocial.delete_template(&channel(&[]), outbound).unwrap();
        format!("{} {}", request.method(), request.uri())
    };
    let name = format!("DELETE {BASE}?id={ACCOUNT}&templateName=start_03030303");
    assert_eq!(line(&outbound), format!("{name}&deleteAllTemplates=true"));
    outbound.template_id = Some("777000111".to_owned());
    let one = format!("{name}&metaTemplateId=777000111&deleteAllTemplates=false");
    assert_eq!(line(&outbound), one);
}
