# METADATA
# scope: package
# title: Days
# description: Days are texts, `2026-11-24`, so that the later one is the greater one.
package slidebox.lib.calendar

nanoseconds_of_a_day := ((24 * 3600) * 1000) * 1000000

# METADATA
# title: The day so many days after another
later(day, days) := time.format([midnight(day) + (days * nanoseconds_of_a_day), "UTC", "2006-01-02"])

# METADATA
# title: How many days lie between two
between(first, last) := floor((midnight(last) - midnight(first)) / nanoseconds_of_a_day)

# METADATA
# title: The earliest of some days, or none
# description: Words such as none are later than any day.
first(days) := min(days | {"none"})

midnight(day) := time.parse_ns("2006-01-02", day)
