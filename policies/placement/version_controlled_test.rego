package slidebox.placement.version_controlled_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.placement.version_controlled as rule

in_short(level, versioned, versioning) := fixture.changed(
	fixture.changed(
		fixture.changed(
			fixture.with_location(fixture.notes_at_bench, {"term": "short"}),
			["locations", fixture.notes_at_bench, "has"],
			{"versioning": versioning},
		),
		["systems", "internal_drive"],
		{"versioned": versioned},
	),
	["datasets", fixture.notes],
	{"level": level},
)

passes := in_short("metadata", true, true)

refused := in_short("metadata", false, false)

messages(document) := {finding.message | some finding in rule.location_findings with input as document}

test_metadata_have_a_history if {
	rule.location_findings == {{
		"rule": "placement/version_controlled",
		"severity": "warning",
		"subject": fixture.notes_at_bench,
		"message": "metadata change while they are worked on, and bench keeps no history of them",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	messages(in_short("metadata", false, "unknown")) != set()
}

test_pipelines_have_one_too if {
	messages(in_short("pipelines", false, false)) == {concat("", [
		"pipelines change while they are worked on, and bench keeps no history of them",
	])}
}

test_version_control_or_versions_are_enough if {
	messages(in_short("metadata", true, false)) == set()
	messages(in_short("metadata", false, true)) == set()
}

test_other_levels_need_none if messages(in_short("bulk_embeddings", false, false)) == set()

test_what_rests_needs_none if {
	messages(fixture.changed(refused, ["locations", fixture.notes_at_bench], {"term": "mid"})) == set()
}

test_what_is_deleted_is_left_to_other_rules if {
	gone := json.patch(refused, [
		{"op": "replace", "path": ["locations", fixture.notes_at_bench, "system"], "value": "deletion"},
		{"op": "replace", "path": "/systems/deletion/versioned", "value": false},
	])
	messages(gone) == set()
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.location_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.location_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.location_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.location_findings with input as {}
	count(said) > 0
}
