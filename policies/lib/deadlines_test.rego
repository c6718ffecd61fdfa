package slidebox.lib.deadlines_test

import data.slidebox.lib.deadlines
import data.slidebox.lib.fixture_test as fixture

limited := {"expires": "2027-06-30", "duo": ["DUO:0000042", "DUO:0000025"]}

test_most_data_have_none if {
	deadlines.embargo == {} with input as fixture.facts
	deadlines.expires == {} with input as fixture.facts
}

test_an_embargo_travels_and_the_latest_counts if {
	document := fixture.with_dataset(fixture.raw, {"embargo": "2027-06-30"})
	deadlines.embargo == {fixture.raw: "2027-06-30", fixture.masks: "2027-06-30"} with input as document

	earlier := fixture.changed(document, ["datasets", fixture.masks], {"embargo": "2027-01-01"})
	deadlines.embargo[fixture.masks] == "2027-06-30" with input as earlier

	later := fixture.changed(document, ["datasets", fixture.masks], {"embargo": "2028-01-01"})
	deadlines.embargo == {fixture.raw: "2027-06-30", fixture.masks: "2028-01-01"} with input as later
}

test_a_last_day_travels_only_with_a_limit_on_use if {
	document := fixture.with_dataset(fixture.raw, limited)
	deadlines.expires == {fixture.raw: "2027-06-30", fixture.masks: "2027-06-30"} with input as document

	unlimited := fixture.changed(document, ["datasets", fixture.raw], {"duo": []})
	deadlines.expires == {fixture.raw: "2027-06-30"} with input as unlimited
}

test_the_earliest_last_day_counts if {
	document := fixture.changed(
		fixture.with_dataset(fixture.raw, limited),
		["datasets", fixture.masks],
		{"expires": "2027-01-31"},
	)
	deadlines.expires == {fixture.raw: "2027-06-30", fixture.masks: "2027-01-31"} with input as document
}

test_a_location_begins_with_its_term_and_never_before_today if {
	deadlines.begins({"starts": "2028-01-01"}) == "2028-01-01" with input as fixture.facts
	deadlines.begins({"starts": "2020-01-01"}) == "2026-11-24" with input as fixture.facts
}
