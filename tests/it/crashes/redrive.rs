//! Dead letters that an operator puts back: on AWS each of them is a new job then.

use std::time::Duration;

use shared::faults::Fault;
use shared::ports::{DELIVERIES_MAX, Job, Queue as _, QueueName};
use tests::Bundle;
use tests::clock::minutes;
use tests::fate::Point;

use super::stories::{Carried, Step, Story};

/// README 11: a message whose decision could not be saved until its job was given up is answered when the job is put back.
#[tokio::test]
async fn a_dead_letter_that_is_put_back_is_not_taken_for_a_duplicate() {
    let bundle = Bundle::start().await;
    let (stage, _) = Story::Flow.begin(&bundle, Carried::Meta).await;
    // The run begins together with the conversation: the one transaction of the function.
    let save = |number| Point {
        function: "event-route".to_owned(),
        call: "dynamodb.TransactWriteItems".to_owned(),
        number,
    };
    let fails = (1..=DELIVERIES_MAX as usize).map(|number| (save(number), Fault::Fail));
    bundle.fate.watch(fails.collect());
    stage.take(&Step::Says("empezar")).await;
    assert_eq!(stage.ledger().await.seen, [""; 0]);
    let dead = bundle.queues.dead_letters(QueueName::Event);
    let [letter] = &dead[..] else { panic!("{dead:?}") };
    let (group, body) = (letter.group.clone(), letter.body.clone());
    let job = Job { group, id: "redriven".to_owned(), body, delay: Duration::ZERO };
    bundle.queues.put(QueueName::Event, vec![job]).await.unwrap();
    bundle.turn(minutes(1)).await;
    assert_eq!(stage.ledger().await.seen, ["¿correo?"]);
}
