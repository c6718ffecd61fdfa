package slidebox.lib.audience_test

import data.slidebox.lib.audience
import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.shape

under_agreement := fixture.with_dataset(fixture.raw, {"agreement": "saguaro"})

read_by(principals) := fixture.with_location(fixture.at_bench, {"readers": [reader(principal) |
	some principal in principals
]})

reader(principal) := {"principal": principal, "actions": ["read"], "path": []}

test_names_whoever_has_a_role if {
	audience.named == {id: {"team:imaging", "person:carol", "person:alice"} |
		some id in [fixture.raw, fixture.masks, fixture.notes]
	} with input as fixture.facts
}

test_lists_readers_whom_nobody_has_named if {
	audience.unnamed_readers == set() with input as fixture.facts
	audience.unnamed_readers == {[fixture.at_bench, reader(principal)] |
		some principal in ["anyone", "any_account", "unknown"]
	} with input as read_by(["anyone", "person:carol", "any_account", "unknown", "team:imaging"])
}

test_holders_of_a_role_are_its_principals_and_the_people_of_its_teams if {
	audience.holders(fixture.raw, {"contributor"}) == {
		"team:imaging",
		"person:alice",
		"person:bob",
	} with input as fixture.facts
	audience.holders(fixture.raw, {"steward"}) == {"person:alice"} with input as fixture.facts
	audience.holders("nowhere/metadata", shape.roles) == set() with input as fixture.facts
}

test_whoever_is_among_the_holders_is_covered if {
	every principal in ["person:alice", "person:bob", "person:carol", "team:imaging"] {
		audience.covered(principal, fixture.raw, "mid") with input as fixture.facts
	}
	every principal in ["person:dave", "team:nobody", "team:ghosts", "anyone", "unknown", "account:1"] {
		not audience.covered(principal, fixture.raw, "mid") with input as fixture.facts
	}
}

test_everyone_is_covered_where_the_dataset_is_declared_public if {
	document := fixture.with_dataset(fixture.raw, {"public_terms": ["long"]})
	every principal in ["anyone", "any_account"] {
		audience.covered(principal, fixture.raw, "long") with input as document
		not audience.covered(principal, fixture.raw, "mid") with input as document
	}
	not audience.covered("unknown", fixture.raw, "long") with input as document
}

test_public_is_declared_by_a_term_or_by_the_audience if {
	some_day := fixture.with_dataset(fixture.raw, {"public_terms": ["long"]})
	audience.public_some_day(fixture.raw) with input as some_day
	not audience.everyone(fixture.raw, "mid") with input as some_day
	always := fixture.with_dataset(fixture.raw, {"audience": {
		"contributor": [],
		"reader": ["anyone"],
		"steward": [],
	}})
	audience.public_some_day(fixture.raw) with input as always
	audience.everyone(fixture.raw, "short") with input as always
	not audience.public_some_day(fixture.raw) with input as fixture.facts
}

test_a_team_is_within_when_all_its_members_are if {
	audience.within("team:imaging", {"person:alice", "person:bob"}) with input as fixture.facts
	not audience.within("team:imaging", {"person:alice"}) with input as fixture.facts
	not audience.within("team:nobody", {"person:alice"}) with input as fixture.facts
}

test_principals_in_words if {
	audience.in_words("anyone") == "anyone"
	audience.in_words("any_account") == "anybody with an account"
	audience.in_words("unknown") == "a reader that is not known"
	audience.in_words("person:carol") == "person:carol"
}

test_who_stands_behind_a_principal if {
	audience.persons("person:carol") == {"person:carol"}
	audience.persons("service:backup") == {"service:backup"}
	audience.persons("team:imaging") == {"person:alice", "person:bob"} with input as fixture.facts
	every principal in ["team:ghosts", "anyone", "account:1", "unknown"] {
		not audience.persons(principal) with input as fixture.facts
	}
}

test_the_entry_of_a_person if {
	audience.entry("person:visitor").organisation == "Saguaro" with input as fixture.facts
	not audience.entry("visitor") with input as fixture.facts
	not audience.entry("person:dave") with input as fixture.facts
}

test_who_has_left if {
	audience.departed == {"person:gone": "2026-01-31"} with input as fixture.facts
	every day, gone in {"2026-11-24": true, "2026-11-25": false} {
		document := fixture.changed(fixture.facts, ["people", "bob"], {"left": day})
		said := "person:bob" in object.keys(audience.departed) with input as document
		said == gone
	}
}

test_who_is_of_another_organisation if audience.outside == {"person:visitor": "Saguaro"} with input as fixture.facts

test_whom_some_people_let_in if {
	audience.touching({"person:bob", "person:visitor"}) == {
		"person:bob": {"person:bob"},
		"person:visitor": {"person:visitor"},
		"team:imaging": {"person:bob"},
	} with input as fixture.facts
}

test_access_ends_with_the_person_or_the_agreement_whichever_is_first if {
	audience.access_ends("person:visitor", fixture.raw) == "none" with input as fixture.facts
	audience.access_ends("person:visitor", fixture.raw) == "2027-12-31" with input as under_agreement
	audience.ends("person:visitor", fixture.raw) == {
		["2027-12-31", "agreement saguaro ends"],
	} with input as under_agreement
	sooner := fixture.changed(under_agreement, ["people", "visitor"], {"until": "2027-01-31"})
	audience.access_ends("person:visitor", fixture.raw) == "2027-01-31" with input as sooner
	audience.ends("person:visitor", fixture.raw) == {
		["2027-01-31", "person:visitor: until"],
		["2027-12-31", "agreement saguaro ends"],
	} with input as sooner
}

test_an_agreement_with_somebody_else_ends_nothing if {
	other := fixture.changed(under_agreement, ["agreements", "saguaro"], {"party": "Durbin"})
	audience.access_ends("person:visitor", fixture.raw) == "none" with input as other
}
