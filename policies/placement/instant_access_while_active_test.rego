package slidebox.placement.instant_access_while_active_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.placement.instant_access_while_active as rule

findings := rule.location_findings | rule.together_findings

at(document, id, change) := fixture.changed(document, ["locations", id], change)

passes := at(fixture.facts, fixture.at_bench, {"term": "short"})

on_zenodo := {"store": "zenodo", "system": "zenodo"}

refused := at(passes, fixture.at_bench, on_zenodo)

read_by(document, audience) := fixture.changed(document, ["datasets", fixture.raw], {"audience": audience})

messages(document) := {[finding.subject, finding.message] | some finding in findings with input as document}

test_a_store_that_has_to_be_downloaded_from_is_refused if {
	findings == {{
		"rule": "placement/instant_access_while_active",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "zenodo is not used instantly (download)",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_several_people_need_a_store_for_several if {
	document := at(passes, fixture.at_bench, {"store": "shelf", "system": "external_drive"})
	messages(document) == {[fixture.at_bench, "shelf is used by one person at a time"]}
	one := {"contributor": ["person:alice"], "reader": [], "steward": ["person:alice"]}
	messages(read_by(document, one)) == set()
	everyone := {"contributor": ["person:alice"], "reader": ["anyone"], "steward": ["person:alice"]}
	messages(read_by(document, everyone)) != set()
	anyone := {"contributor": [], "reader": ["anyone"], "steward": []}
	messages(read_by(document, anyone)) != set()
	nobody := {"contributor": [], "reader": [], "steward": []}
	messages(read_by(document, nobody)) == set()
	two := {"contributor": ["person:alice"], "reader": ["person:bob"], "steward": []}
	messages(read_by(document, two)) != set()
	one_and_an_empty_team := {"contributor": ["person:alice"], "reader": ["team:nobody"], "steward": []}
	messages(read_by(document, one_and_an_empty_team)) == set()
}

test_both_are_said_together if {
	slow := fixture.changed(
		at(passes, fixture.at_bench, {"store": "shelf", "system": "external_drive"}),
		["systems", "external_drive"],
		{"speed": "download"},
	)
	messages(slow) == {[
		fixture.at_bench,
		"shelf is not used instantly (download), and shelf is used by one person at a time",
	]}
}

test_data_that_rest_may_lie_anywhere if {
	every term in ["mid", "long"] {
		messages(at(refused, fixture.at_bench, {"term": term})) == set()
	}
}

test_what_is_streamed_lies_nowhere if {
	streamed := at(refused, fixture.at_bench, {"system": "deletion"})
	messages(fixture.changed(streamed, ["systems", "deletion"], {"speed": "download"})) == set()
}

test_what_cannot_be_judged_is_said_of_each_place_and_of_all_together if {
	document := at(passes, fixture.at_bench, {"term": "unknown"})
	[finding.subject | some finding in rule.location_findings] == [fixture.at_bench] with input as document
	[finding.subject | some finding in rule.together_findings] == [fixture.at_bench] with input as document
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	document := fixture.with_unplaced({"audience": "unknown"})
	[finding.subject | some finding in rule.together_findings] == ["nf1/new"] with input as document
}

test_a_slow_copy_beside_a_fast_one_is_a_backup if {
	backup := object.union(at(passes, fixture.at_shelf, object.union(on_zenodo, {"term": "short"})), {"gate": "live"})
	messages(backup) == set()
	planned := object.union(backup, {"gate": "plan"})
	messages(planned) == {[fixture.at_shelf, "zenodo is not used instantly (download)"]}
}

test_of_what_is_made_or_running_one_copy_has_to_be_at_hand if {
	every gate in ["preview", "live"] {
		messages(object.union(refused, {"gate": gate})) == {[
			"nf1/raw_images@short",
			"no copy is at hand for everybody who works on it: zenodo is not used instantly (download)",
		]}
	}
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := findings with input as {}
	count(said) > 0
}
