package slidebox.lib.retention_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.retention

# Raw images were created on 2026-03-01.
clocks(document, id) := running if {
	running := retention.clocks[id] with input as document
}

until(document, id) := day if {
	day := retention.until[id] with input as document
}

in_lab(days) := object.union(fixture.facts, {"lab": {"retention_days": days}})

under_award(ends) := fixture.changed(fixture.facts, ["projects", "nf1"], {"grant": "R01-1", "grant_ends": ends})

under_agreement(days) := fixture.changed(
	fixture.with_dataset(fixture.raw, {"agreement": "saguaro"}),
	["agreements", "saguaro"],
	{"retention_days": days},
)

test_without_a_clock_nothing_has_to_be_kept if {
	clocks(fixture.facts, fixture.raw) == set()
	until(fixture.facts, fixture.raw) == "none"
}

test_only_a_number_of_days_makes_a_clock if {
	every document in [fixture.facts, under_agreement("none")] {
		dataset := document.datasets[fixture.raw]
		retention.terms(fixture.raw, dataset) == set() with input as document
	}
	dataset := fixture.facts.datasets[fixture.raw]
	retention.terms(fixture.raw, dataset) == {["institution", 30, "retention of the lab"]} with input as in_lab(30)
}

test_a_dataset_has_its_own_clock if {
	document := fixture.with_dataset(fixture.raw, {"retention_days": 365})
	clocks(document, fixture.raw) == {{
		"clock": "declared",
		"until": "2027-03-01",
		"why": "retention of the dataset",
	}}
	until(document, fixture.raw) == "2027-03-01"
}

test_an_agreement_has_one if {
	clocks(under_agreement(731), fixture.raw) == {{
		"clock": "agreement",
		"until": "2028-03-01",
		"why": "agreement saguaro",
	}}
	clocks(under_agreement("none"), fixture.raw) == set()
	clocks(under_agreement(731), fixture.masks) == set()
}

test_an_award_asks_for_three_years_after_its_end if {
	clocks(under_award("2027-06-30"), fixture.raw) == {{
		"clock": "funder",
		"until": "2030-06-30",
		"why": "three years after award R01-1 ends (2 CFR 200.334)",
	}}
}

test_an_award_whose_end_is_not_recorded_ends_today_at_the_earliest if {
	until(under_award("none"), fixture.raw) == "2029-11-24"
}

test_the_lab_has_one_for_everything_that_is_not_public if {
	until(in_lab(365), fixture.raw) == "2027-03-01"
	until(in_lab(365), fixture.masks) == "2027-05-01"
	public := fixture.changed(in_lab(365), ["datasets", fixture.raw], {"origin": "public"})
	until(public, fixture.raw) == "none"
	funded := fixture.changed(under_award("2027-06-30"), ["datasets", fixture.raw], {"origin": "public"})
	until(funded, fixture.raw) == "none"
}

test_documentation_about_patients_has_six_years if {
	every sensitivity in ["identifiable", "coded"] {
		document := fixture.with_dataset(fixture.notes, {"sensitivity": sensitivity})
		{clock.clock | some clock in clocks(document, fixture.notes)} == {"documentation"}
		until(document, fixture.notes) == "2032-03-01"
	}
	every sensitivity in ["confidential", "open"] {
		until(fixture.with_dataset(fixture.notes, {"sensitivity": sensitivity}), fixture.notes) == "none"
	}
	until(fixture.with_dataset(fixture.notes, {"parents": ["other/raw_images"]}), fixture.notes) == "2032-03-01"
	until(fixture.with_dataset(fixture.raw, {"sensitivity": "coded"}), fixture.raw) == "none"
}

test_the_longest_clock_counts if {
	document := fixture.changed(
		object.union(under_agreement(731), {"lab": {"retention_days": 365}}),
		["datasets", fixture.raw],
		{"retention_days": 30},
	)
	{clock.clock | some clock in clocks(document, fixture.raw)} == {"declared", "agreement", "institution"}
	until(document, fixture.raw) == "2028-03-01"
}

test_a_hold_stops_them_all if {
	document := fixture.with_dataset(fixture.raw, {"hold": "audit", "retention_days": 30})
	until(document, fixture.raw) == "held"
	until(fixture.with_dataset(fixture.raw, {"hold": "audit"}), fixture.raw) == "held"
}

test_a_clock_begins_with_the_step_where_no_day_is_recorded_and_else_today if {
	dated := fixture.with_dataset(fixture.masks, {"created": "none", "retention_days": 1, "step": {"date": "2026-04-01"}})
	until(dated, fixture.masks) == "2026-04-02"
	undated := fixture.with_dataset(fixture.masks, {"created": "none", "retention_days": 1, "step": {"date": "none"}})
	until(undated, fixture.masks) == "2026-11-25"
}
