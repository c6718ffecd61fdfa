package slidebox.lib.ending_test

import data.slidebox.lib.ending
import data.slidebox.lib.fixture_test as fixture

expiring(days) := {"lifecycle": {"expire_days": days}}

at(change) := object.union(fixture.location, change)

scratch := fixture.with_dataset(fixture.raw, {"keep": "scratch", "scratch_days": 30})

test_most_data_stay if ending.of(fixture.location) == set() with input as fixture.facts

test_only_places_from_which_something_may_take_data_are_looked_at if {
	ending.possible == {} with input as fixture.facts
	object.keys(ending.possible) == {fixture.at_bench, fixture.at_shelf} with input as scratch
	every change in [{"system": "deletion"}, expiring(30), expiring("unknown")] {
		document := fixture.added(fixture.facts, ["locations", fixture.at_bench], at(change))
		object.keys(ending.possible) == {fixture.at_bench} with input as document
	}
}

test_only_a_number_of_days_comes_to_an_end if {
	every days in ["none", "unknown"] {
		ending.spans(at(expiring(days))) == set() with input as fixture.facts
		document := fixture.with_dataset(fixture.raw, {"keep": "scratch", "scratch_days": days})
		ending.spans(fixture.location) == set() with input as document
	}
	ending.spans(fixture.location) == {[30, "is scratch for 30 days"]} with input as scratch
	kept := fixture.with_dataset(fixture.raw, {"scratch_days": 30})
	ending.spans(fixture.location) == set() with input as kept
}

test_deletion_takes_them_when_it_begins if {
	ending.of(at({"system": "deletion"})) == {["2026-11-24", "is deleted"]} with input as fixture.facts
	ending.of(at({"system": "deletion", "starts": "2029-01-01"})) == {["2029-01-01", "is deleted"]} with input as scratch
	every expire in [0, 30, "unknown"] {
		count(ending.of(object.union(at({"system": "deletion"}), expiring(expire)))) == 1 with input as fixture.facts
	}
}

test_what_lies_there_may_be_as_old_as_the_dataset if {
	# Created on 2026-03-01.
	ending.of(at(expiring(31))) == {["2026-04-01", "expires there after 31 days"]} with input as fixture.facts
	ending.of(fixture.location) == {["2026-03-31", "is scratch for 30 days"]} with input as scratch
}

test_without_a_day_of_its_own_it_counts_from_when_it_came_there if {
	undated := fixture.with_dataset(fixture.raw, {"created": "none"})
	ending.of(at(expiring(1))) == {["2026-11-25", "expires there after 1 days"]} with input as undated
	later := fixture.with_dataset(fixture.raw, {"created": "2027-01-01"})
	ending.of(at(expiring(1))) == {["2026-11-25", "expires there after 1 days"]} with input as later
}

test_what_will_come_there_counts_from_then if {
	planned := at(object.union(expiring(1), {"starts": "2028-12-31"}))
	ending.of(planned) == {["2029-01-01", "expires there after 1 days"]} with input as fixture.facts
}

test_a_beginning_that_is_no_day_is_today if {
	every starts in ["none", "never"] {
		ending.of(at({"system": "deletion", "starts": starts})) == {[
			"2026-11-24",
			"is deleted",
		]} with input as fixture.facts
	}
}

test_both_ends_are_named if {
	ending.of(at(expiring(31))) == {
		["2026-03-31", "is scratch for 30 days"],
		["2026-04-01", "expires there after 31 days"],
	} with input as scratch
}

test_only_a_bucket_of_which_nothing_is_known_is_in_doubt if {
	in_bucket := at({"store": "cloud", "system": "cloud"})
	ending.doubtful(object.union(in_bucket, expiring("unknown"))) with input as fixture.facts
	not ending.doubtful(object.union(in_bucket, expiring("none"))) with input as fixture.facts
	not ending.doubtful(at(expiring("unknown"))) with input as fixture.facts
}
