//! The worked cases of contracts 7.4, one row each.

use super::*;
use crate::domain::conversation::SERVICE_WINDOW;

fn time(text: &str) -> Time {
    Time::parse(&format!("{}Z", text.replace(' ', "T"))).expect("a time of the table")
}

/// Start and end as the flow's fields have them; `-` is not set.
fn hours(text: &str) -> BusinessHours {
    let (start, end) = text.split_once(' ').expect("start and end");
    let field =
        |text: &str| (text != "-").then(|| Time::parse(text).expect("a field of the table"));
    BusinessHours::new(field(start), field(end))
}

/// One row: id, fields, question sent, delay (`None`: not set), due, sent at, window closed by then.
type Row =
    (&'static str, &'static str, &'static str, Option<u32>, &'static str, &'static str, bool);

#[rustfmt::skip]
const ROWS: [Row; 32] = [
    ("B1", "- -", "2024-03-11 15:00:00", None, "2024-03-11 17:00:00", "2024-03-11 17:00:00", false),
    ("B2", "- -", "2024-03-11 23:10:00", Some(45), "2024-03-11 23:55:00", "2024-03-11 23:55:00", false),
    ("B3", "- -", "2024-03-11 21:59:59", Some(120), "2024-03-11 23:59:59", "2024-03-11 23:59:59", false),
    ("B4", "- -", "2024-03-11 22:00:00", Some(120), "2024-03-12 00:00:00", "2024-03-12 13:00:00", false),
    ("B5", "- -", "2024-03-11 23:15:00", Some(45), "2024-03-12 00:00:00", "2024-03-12 13:00:00", false),
    ("B6", "- -", "2024-03-11 23:30:00", Some(60), "2024-03-12 00:30:00", "2024-03-12 13:00:00", false),
    ("B7", "- -", "2024-03-12 11:00:00", Some(120), "2024-03-12 13:00:00", "2024-03-12 13:00:00", false),
    ("B8", "- -", "2024-03-12 10:59:59", Some(120), "2024-03-12 12:59:59", "2024-03-12 13:00:00", false),
    ("B9", "- -", "2024-03-12 12:45:00", Some(30), "2024-03-12 13:15:00", "2024-03-12 13:15:00", false),
    ("B10", "- -", "2024-03-11 00:30:00", Some(1380), "2024-03-11 23:30:00", "2024-03-11 23:30:00", false),
    ("B11", "- -", "2024-03-11 14:00:00", Some(1380), "2024-03-12 13:00:00", "2024-03-12 13:00:00", false),
    ("B12", "- -", "2024-03-11 13:00:00", Some(1380), "2024-03-12 12:00:00", "2024-03-12 13:00:00", true),
    ("B13", "- -", "2024-03-11 01:00:00", Some(1380), "2024-03-12 00:00:00", "2024-03-12 13:00:00", true),
    ("B14", "- -", "2024-12-31 23:00:00", Some(90), "2025-01-01 00:30:00", "2025-01-01 13:00:00", false),
    ("B15", "- -", "2024-02-28 22:30:00", Some(120), "2024-02-29 00:30:00", "2024-02-29 13:00:00", false),
    ("B16", "2021-01-01T08:00:00.000Z 2021-01-01T19:00:00.000Z", "2024-03-11 18:29:59", Some(30), "2024-03-11 18:59:59", "2024-03-11 18:59:59", false),
    ("B17", "2021-01-01T08:00:00.000Z 2021-01-01T19:00:00.000Z", "2024-03-11 18:30:00", Some(30), "2024-03-11 19:00:00", "2024-03-12 08:00:00", false),
    ("B18", "2021-01-01T08:00:00.000Z 2021-01-01T19:00:00.000Z", "2024-03-11 05:00:00", Some(45), "2024-03-11 05:45:00", "2024-03-11 08:00:00", false),
    ("B19", "2021-01-01T08:00:00.000Z 2021-01-01T19:00:00.000Z", "2024-03-11 21:30:00", Some(30), "2024-03-11 22:00:00", "2024-03-12 08:00:00", false),
    ("B20", "2021-01-01T22:00:00.000Z 2021-01-01T06:00:00.000Z", "2024-03-11 23:00:00", Some(120), "2024-03-12 01:00:00", "2024-03-12 01:00:00", false),
    ("B21", "2021-01-01T22:00:00.000Z 2021-01-01T06:00:00.000Z", "2024-03-12 04:30:00", Some(90), "2024-03-12 06:00:00", "2024-03-12 22:00:00", false),
    ("B22", "2021-01-01T22:00:00.000Z 2021-01-01T06:00:00.000Z", "2024-03-12 10:00:00", Some(60), "2024-03-12 11:00:00", "2024-03-12 22:00:00", false),
    ("B23", "2021-01-01T09:00:00.000Z 2021-01-01T09:00:00.000Z", "2024-03-12 02:13:00", Some(45), "2024-03-12 02:58:00", "2024-03-12 02:58:00", false),
    ("B24", "2021-01-01T00:00:00.000Z 2021-01-01T00:00:00.000Z", "2024-03-12 23:45:00", Some(30), "2024-03-13 00:15:00", "2024-03-13 00:15:00", false),
    ("B25", "- 2021-01-01T21:00:00.000Z", "2024-03-12 20:00:00", Some(120), "2024-03-12 22:00:00", "2024-03-13 13:00:00", false),
    ("B26", "2021-01-01T16:30:00.000Z -", "2024-03-12 14:00:00", Some(120), "2024-03-12 16:00:00", "2024-03-12 16:30:00", false),
    ("B27", "2021-01-01T09:00:00.000Z 2021-01-01T08:00:00.000Z", "2024-03-12 07:30:00", Some(45), "2024-03-12 08:15:00", "2024-03-12 09:00:00", false),
    ("B28", "2021-01-01T12:00:00.000Z 2021-01-01T12:30:00.000Z", "2024-03-12 12:00:00", Some(30), "2024-03-12 12:30:00", "2024-03-13 12:00:00", true),
    ("B29", "2021-01-01T08:00:00.000-05:00 2021-01-01T19:00:00.000-05:00", "2024-03-11 22:30:00", Some(120), "2024-03-12 00:30:00", "2024-03-12 13:00:00", false),
    ("B30", "2021-01-01T13:00:00.000Z 2021-01-01T00:00:00.000Z", "2024-03-10 06:30:00", Some(60), "2024-03-10 07:30:00", "2024-03-10 13:00:00", false),
    ("B31", "2021-01-01T13:00:00.000Z 2021-01-01T00:00:00.000Z", "2024-03-31 00:30:00", Some(30), "2024-03-31 01:00:00", "2024-03-31 13:00:00", false),
    ("B32", "2023-07-30T13:00:00.000Z 1999-12-31T00:00:00.000Z", "2024-07-15 15:00:00", None, "2024-07-15 17:00:00", "2024-07-15 17:00:00", false),
];

/// B1-B32, T65, T66: the worked table, with which cases the service window is closed by then.
#[test]
fn the_worked_cases_of_the_contracts() {
    for (row, fields, sent, delay, due, send, closed) in ROWS {
        let sent = time(sent);
        let found = send_at(sent, delay.unwrap_or(DELAY_MINUTES_DEFAULT), hours(fields));
        assert_eq!(found, Due { due: time(due), send_at: time(send) }, "{row}");
        assert_eq!(found.send_at >= sent + SERVICE_WINDOW, closed, "{row}: window");
    }
}

/// T65, T66: open from exactly the start to a millisecond before the end.
#[test]
fn the_edges_are_exact_to_the_millisecond() {
    let day =
        BusinessHours::new(Some(time("2021-01-01 08:00:00")), Some(time("2021-01-01 19:00:00")));
    for (at, open) in [
        ("2024-03-11 07:59:59.999", false),
        ("2024-03-11 08:00:00.000", true),
        ("2024-03-11 18:59:59.999", true),
        ("2024-03-11 19:00:00.000", false),
    ] {
        assert_eq!(day.is_open(time(at)), open, "{at}");
    }
    let odd = BusinessHours::new(Some(time("2021-01-01 08:00:00.250")), None);
    assert_eq!(odd.next_start(time("2024-03-11 08:00:00.250")), time("2024-03-11 08:00:00.250"));
    assert_eq!(odd.next_start(time("2024-03-11 08:00:00.251")), time("2024-03-12 08:00:00.250"));
    assert_eq!(odd.next_start(time("1969-12-31 23:00:00")), time("1970-01-01 08:00:00.250"));
}

/// T67, T71, T72: each default applies on its own, and the date part is ignored.
#[test]
fn the_defaults_are_13_and_midnight_utc() {
    let full = (Some(time("2019-07-30 13:00:00")), Some(time("2030-02-28 00:00:00")));
    assert_eq!(BusinessHours::default(), BusinessHours::new(full.0, full.1));
    assert_eq!(BusinessHours::default(), BusinessHours::new(full.0, None));
    assert_eq!(BusinessHours::default(), BusinessHours::new(None, full.1));
}

/// T69: two hours where nothing is set, 45 minutes where 45 is.
#[test]
fn the_delay_is_counted_in_minutes_from_the_question() {
    let sent = time("2024-03-11 15:00:00.123");
    let open = BusinessHours::new(Some(sent), Some(sent));
    assert_eq!(send_at(sent, DELAY_MINUTES_DEFAULT, open).due, time("2024-03-11 17:00:00.123"));
    assert_eq!(send_at(sent, 45, open).due, time("2024-03-11 15:45:00.123"));
}

/// T73: the same UTC time of day on every day of a year, whatever the clocks of a country do.
#[test]
fn no_day_of_the_year_is_different() {
    let night = time("2024-01-01 03:00:00");
    for day in 0..366 {
        let due = night + Duration::from_secs(day * 86_400);
        let wait = BusinessHours::default().next_start(due).since(due);
        assert_eq!(wait, Duration::from_hours(10), "{due}");
    }
}

/// X4: with the default hours a delay of 659 minutes never passes the service window, 660 does in one minute of the
/// day and 1380 in 721.
#[test]
fn how_often_the_postponement_passes_the_service_window() {
    let midnight = time("2024-03-11 00:00:00");
    for (delay, expected) in [(659, 0), (660, 1), (1380, 721)] {
        let late = (0..1440_u64)
            .map(|minute| midnight + Duration::from_secs(minute * 60))
            .filter(|&sent| {
                send_at(sent, delay, BusinessHours::default()).send_at >= sent + SERVICE_WINDOW
            })
            .count();
        assert_eq!(late, expected, "{delay}");
    }
}
