package slidebox.protection.store_capabilities_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.store_capabilities as rule

lacking(lacks) := fixture.with_location(fixture.at_bench, {"needs": ["public_access_block"], "lacks": lacks})

refused := lacking(["public_access_block"])

said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_says_what_the_store_lacks if {
	rule.location_findings == {{
		"rule": "protection/store_capabilities",
		"severity": "warning",
		"subject": fixture.at_bench,
		"message": "the store has no public access block",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
	}} with input as refused
}

test_a_known_lack_refuses_identifiable_data if {
	every change in [{"sensitivity": "identifiable"}, {"parents": ["other/raw_images"]}] {
		document := fixture.changed(refused, ["datasets", fixture.raw], change)
		said(document) == {["error", "the store has no public access block"]}
	}
}

test_lacking_versions_warns_for_identifiable_data_too if {
	document := fixture.changed(
		fixture.with_location(fixture.at_bench, {"lacks": ["versioning"]}),
		["datasets", fixture.raw],
		{"sensitivity": "identifiable"},
	)
	said(document) == {["warning", "the store has no versioning"]}
}

test_doubt_is_said if {
	message := "nothing says whether the store has public access block"
	said(lacking(["unknown"])) == {["warning", message]}
	said(lacking(["unknown:public_access_block"])) == {["warning", message]}
	said(lacking(["unknown:versioning"])) == set()
}

test_several_are_said_together if {
	document := fixture.with_location(fixture.at_bench, {
		"needs": ["encryption", "public_access_block", "versioning", "object_lock"],
		"lacks": ["versioning", "encryption", "unknown:object_lock", "unknown:public_access_block"],
	})
	said(document) == {
		["warning", "the store has no encryption and no versioning"],
		["warning", "nothing says whether the store has object lock or public access block"],
	}
}

test_what_is_not_needed_may_be_lacking if said(lacking(["lifecycle"])) == set()

test_says_nothing_about_a_good_lab if rule.location_findings == set() with input as fixture.facts

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(fixture.facts, field)
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
