//! Amounts for people: rounded, with a blank before the unit, never read back.

use std::time::Duration;

/// Bytes in the unit that suits them: `340 B`, `1.2 MiB`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut unit = 1024u128;
    for name in UNITS {
        let tenths = (u128::from(bytes) * 10 + unit / 2) / unit;
        // What would be rounded to 1024.0 belongs to the next unit.
        if tenths < 10_240 || name == "EiB" {
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
        unit *= 1024;
    }
    format!("{bytes} B")
}

/// A time in the unit that suits it: `0.8 ms`, `2.4 s`, `1 min 5 s`, `3 h 20 min`, `2 d 1 h`.
pub fn human_time(time: Duration) -> String {
    let micros = time.as_micros();
    let (tenths_of_ms, tenths_of_s) = ((micros + 50) / 100, (micros + 50_000) / 100_000);
    let seconds = (micros + 500_000) / 1_000_000;
    let minutes = (seconds + 30) / 60;
    let hours = (seconds + 1800) / 3600;
    if micros == 0 {
        "0 ms".to_owned()
    } else if micros < 100 {
        format!("{:.2} ms", micros as f64 / 1000.0)
    } else if tenths_of_ms < 10_000 {
        format!("{}.{} ms", tenths_of_ms / 10, tenths_of_ms % 10)
    } else if tenths_of_s < 600 {
        format!("{}.{} s", tenths_of_s / 10, tenths_of_s % 10)
    } else if seconds < 3600 {
        format!("{} min {} s", seconds / 60, seconds % 60)
    } else if minutes < 24 * 60 {
        format!("{} h {} min", minutes / 60, minutes % 60)
    } else {
        format!("{} d {} h", hours / 24, hours % 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        let table = [
            (0, "0 B"),
            (340, "340 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_258_291, "1.2 MiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (bytes, text) in table {
            assert_eq!(human_bytes(bytes), text);
        }
    }

    #[test]
    fn times() {
        let table = [
            (0, "0 ms"),
            (12, "0.01 ms"),
            (800, "0.8 ms"),
            (999_940, "999.9 ms"),
            (999_950, "1.0 s"),
            (2_400_000, "2.4 s"),
            (59_949_999, "59.9 s"),
            (59_950_000, "1 min 0 s"),
            (65_000_000, "1 min 5 s"),
            (3_599_600_000, "1 h 0 min"),
            (12_000_000_000, "3 h 20 min"),
            (176_400_000_000, "2 d 1 h"),
        ];
        for (micros, text) in table {
            assert_eq!(human_time(Duration::from_micros(micros)), text);
        }
        human_time(Duration::MAX);
    }
}
