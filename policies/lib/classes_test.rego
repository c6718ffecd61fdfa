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

test_money_in_words if {
	classes.usd(3) == "3 USD"
	classes.usd(0.126) == "0.13 USD"
	classes.usd(0.01) == "0.01 USD"
	classes.usd(0.0099) == "less than 0.01 USD"
}
