package slidebox.lib.classes_test

import data.slidebox.lib.classes
import data.slidebox.lib.fixture_test as fixture

archive := fixture.classes.archive

infrequent := fixture.classes.infrequent

# A terabyte in a million objects.
dataset := {"bytes": 1000000000000, "files": 1000000}

test_the_overhead_of_every_object_is_billed if {
	classes.monthly_usd(dataset, archive) == 3.6 * 1.04096
	classes.monthly_usd(dataset, fixture.classes.standard) == 23
}

test_small_objects_are_billed_as_the_least_the_class_bills if {
	small := {"bytes": 1000000000, "files": 1000000}
	classes.monthly_usd(small, infrequent) == 12.5 * 0.131072
	classes.too_small(small, infrequent)
	not classes.too_small(small, archive)
	not classes.too_small({"bytes": 131072, "files": 1}, infrequent)
	classes.too_small({"bytes": 131071, "files": 1}, infrequent)
}

test_what_has_no_files_has_no_mean if {
	not classes.mean_bytes({"bytes": 0, "files": 0})
	not classes.too_small({"bytes": 0, "files": 0}, infrequent)
	classes.mean_bytes({"bytes": 30, "files": 4}) == 7.5
}

test_a_class_is_known_by_its_system if {
	classes.class_of("cloud", "archive") == archive with input as fixture.facts
	not classes.class_of("zenodo", "archive") with input as fixture.facts
}

test_what_nobody_reads_falls_in_a_class_that_moves_objects_by_itself if {
	# A tenth of a terabyte: 10.5 less for 335 days, and 8.9 less again for 275.
	saved := classes.saved_by_tiers(dataset, fixture.classes.watched, 365)
	abs(saved - (((0.1 * ((10.5 * 335) + (8.9 * 275))) * 12) / 365)) < 0.000000000005
	classes.saved_by_tiers(dataset, fixture.classes.watched, 30) == 0
	abs(classes.saved_by_tiers(dataset, fixture.classes.watched, 60) - (((0.1 * (10.5 * 30)) * 12) / 365)) < 0.000000000005
	classes.saved_by_tiers(dataset, archive, 365) == 0
}

test_watching_costs_by_the_object_and_the_day if {
	abs(classes.watching_usd(dataset, fixture.classes.watched, 365) - 30) < 0.000001
	abs(classes.watching_usd(dataset, fixture.classes.watched, 73) - 6) < 0.000001
	classes.watching_usd(dataset, archive, 365) == 0
}

test_money_in_words if {
	classes.usd(3) == "3 USD"
	classes.usd(0.126) == "0.13 USD"
	classes.usd(0.01) == "0.01 USD"
	classes.usd(0.0099) == "less than 0.01 USD"
}
