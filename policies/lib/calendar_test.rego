package slidebox.lib.calendar_test

import data.slidebox.lib.calendar

test_days_are_counted_over_months_and_leap_years if {
	calendar.later("2026-11-24", 0) == "2026-11-24"
	calendar.later("2026-12-31", 1) == "2027-01-01"
	calendar.later("2028-02-28", 1) == "2028-02-29"
	calendar.later("2028-02-28", 366) == "2029-02-28"
}

test_between_is_the_other_way_round if {
	calendar.between("2026-11-24", "2026-11-24") == 0
	calendar.between("2026-11-24", "2027-11-24") == 365
	calendar.between("2026-11-24", "2026-11-23") == -1
	every days in [0, 1, 180, 3650] {
		calendar.between("2026-11-24", calendar.later("2026-11-24", days)) == days
	}
}

test_the_first_of_some_days if {
	calendar.first({"2027-01-01", "2026-12-31"}) == "2026-12-31"
	calendar.first(set()) == "none"
}

test_what_is_no_day_has_none_after_it if not calendar.later("never", 1)
