package slidebox.lib.explained_test

import data.slidebox.lib.explained
import data.slidebox.lib.fixture_test as fixture

of(document, id) := found if {
	found := explained.datasets[id] with input as document
}

coded := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

test_every_dataset_is_explained if {
	object.keys(explained.datasets) == {fixture.raw, fixture.masks, fixture.notes} with input as fixture.facts
}

test_sensitivity_is_told_with_the_way_it_came if {
	of(coded, fixture.masks).sensitivity == {
		"declared": "open",
		"effective": "coded",
		"because": "it comes from nf1/raw_images, which is coded",
		"path": [[fixture.masks, "open"], [fixture.raw, "coded"]],
		"deidentified": false,
	}
}

test_a_deidentification_is_told if {
	cut := {"deidentification": {"recorded": true, "missing": [], "method": "expert_determination"}}
	found := of(fixture.changed(coded, ["datasets", fixture.masks], cut), fixture.masks).sensitivity
	found.deidentified == true
	found.effective == "open"
	found.path == [[fixture.masks, "open"]]
}

test_retention_is_told_with_all_its_clocks if {
	document := object.union(
		fixture.with_dataset(fixture.raw, {"retention_days": 30}),
		{"lab": {"retention_days": 365}},
	)
	of(document, fixture.raw).retention == {
		"until": "2027-03-01",
		"hold": "none",
		"clocks": [
			["2026-03-31", "declared", "retention of the dataset"],
			["2027-03-01", "institution", "retention of the lab"],
		],
	}
	of(fixture.facts, fixture.raw).retention == {"until": "none", "hold": "none", "clocks": []}
	held := of(fixture.with_dataset(fixture.raw, {"hold": "audit"}), fixture.raw).retention
	held.until == "held"
	held.hold == "audit"
}

test_the_audience_is_told_with_the_people_behind_it if {
	of(fixture.facts, fixture.raw).audience == {
		"team:imaging": {"roles": ["contributor"], "people": ["person:alice", "person:bob"], "until": "none"},
		"person:carol": {"roles": ["reader"], "people": ["person:carol"], "until": "none"},
		"person:alice": {"roles": ["steward"], "people": ["person:alice"], "until": "none"},
	}
}

test_outside_people_are_told_with_the_day_on_which_their_access_ends if {
	document := fixture.with_dataset(fixture.raw, {
		"agreement": "saguaro",
		"audience": {"contributor": [], "reader": ["person:visitor", "anyone"], "steward": ["person:alice"]},
	})
	audience := of(document, fixture.raw).audience
	audience["person:visitor"] == {"roles": ["reader"], "people": ["person:visitor"], "until": "2027-12-31"}
	audience.anyone == {"roles": ["reader"], "people": [], "until": "none"}
	of_the_lab := fixture.changed(fixture.facts, ["people", "carol"], {"until": "2027-01-01"})
	of(of_the_lab, fixture.raw).audience["person:carol"].until == "none"
}

test_publication_is_told if {
	document := fixture.with_dataset(fixture.raw, {"public_terms": ["long"], "embargo": "2027-01-01"})
	of(document, fixture.raw).public == {"terms": ["long"], "embargo": "2027-01-01"}
}

test_what_participants_agreed_to_is_told_with_where_it_comes_from if {
	document := fixture.with_dataset(fixture.raw, {"duo": ["DUO:0000046"]})
	of(document, fixture.masks).duo == {"DUO:0000046": {
		"meaning": "DUO:0000046 (non-commercial use only)",
		"from": [fixture.raw],
	}}
	of(fixture.facts, fixture.masks).duo == {}
}

test_needs_are_told_with_their_reasons if {
	of(coded, fixture.masks).needs.own_key == ["the data are coded: it comes from nf1/raw_images, which is coded"]
	object.keys(of(fixture.facts, fixture.masks).needs) == {"encrypted_transport", "public_access_block"}
}
