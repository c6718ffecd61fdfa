package slidebox.protection.encrypted_at_rest_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.encrypted_at_rest as rule

passes := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

having(sensitivity, has) := fixture.changed(
	fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}),
	["locations", fixture.at_bench, "has"],
	has,
)

refused := having("coded", {"encryption": false})

# Masks come from the raw images, and are not asked about here.
said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_says_what_is_missing_and_why if {
	rule.location_findings == {{
		"rule": "protection/encrypted_at_rest",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "the store lacks encryption at rest; the data are coded: it is declared coded",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_known_lack_refuses_data_about_people_and_is_said_of_confidential_ones if {
	every change in [{"sensitivity": "identifiable"}, {"parents": ["other/raw_images"]}] {
		document := fixture.changed(refused, ["datasets", fixture.raw], change)
		{severity | some [severity, _] in said(document)} == {"error"}
	}
	said(having("confidential", {"encryption": false})) == {[
		"warning",
		"the store lacks encryption at rest; the data are confidential: it is declared confidential",
	]}
	said(having("open", {"encryption": false, "own_key": false})) == set()
}

test_encryption_of_which_nothing_is_known_refuses_data_about_people if {
	said(having("coded", {"encryption": "unknown", "own_key": "unknown"})) == {[
		"error",
		"nothing says whether the store has encryption at rest; the data are coded: it is declared coded",
	]}
	{severity | some [severity, _] in said(having("confidential", {"encryption": "unknown"}))} == {"warning"}
}

test_data_about_people_need_a_key_of_the_labs_own if {
	said(having("coded", {"own_key": false})) == {[
		"error",
		"the store lacks a key of the lab's own; the data are coded: it is declared coded",
	]}
	said(having("confidential", {"own_key": false})) == set()
}

test_a_key_that_is_not_known_refuses_only_what_is_running if {
	document := having("identifiable", {"own_key": "unknown"})
	message := concat("; ", [
		"nothing says whether the store has a key of the lab's own",
		"the data are identifiable: it is declared identifiable",
	])
	every gate, severity in {"plan": "warning", "preview": "warning", "live": "error", "publish": "error"} {
		at_gate := object.union(document, {"gate": gate})
		said(at_gate) == {[severity, message]}
	}
}

test_taint_counts if {
	document := fixture.changed(
		fixture.with_dataset(fixture.raw, {"sensitivity": "coded"}),
		["locations", fixture.masks_at_bench, "has"],
		{"encryption": false},
	)
	said(document) == {[
		"error",
		"the store lacks encryption at rest; the data are coded: it comes from nf1/raw_images, which is coded",
	]}
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
